"""`python -m sketch_rnn` is the command `sketch-rnn`."""

from sketch_rnn.cli.app import main

main()
