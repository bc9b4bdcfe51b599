"""The commands `sketch-rnn` and `sketch_rnn_train`: one short file a command."""
