"""Whole sequences in PyTorch operations, with a hand-written backward."""
