"""`python -m sketch_rnn` is the command `sketch-rnn`."""

from sketch_rnn.cli.entry import sketch_rnn

sketch_rnn()
