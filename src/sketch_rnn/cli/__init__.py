"""The commands `sketch-rnn` and `sketch_rnn_train`: parse arguments, call the package, print.

In: the words of a command line. Out: text, files and an exit status. Everything a command knows is
in the package, where Python users can call it. Stable: the commands and their flags.
"""
