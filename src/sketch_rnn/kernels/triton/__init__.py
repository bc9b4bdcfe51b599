"""Whole sequences in Triton kernels, for GPUs; see README.md."""
