"""The commands `sketch-rnn` and `sketch_rnn_train`: what a terminal needs, and no knowledge."""
