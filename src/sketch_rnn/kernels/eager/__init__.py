"""Whole sequences in PyTorch's operations, with a backward written by hand."""
