"""Sketch-RNN as tensors in, tensors out; knows no files and no pixels."""
