"""Whole sequences on a GPU in a few launches, as Triton kernels."""
