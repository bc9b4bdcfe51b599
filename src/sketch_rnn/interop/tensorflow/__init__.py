"""Checkpoints of the original, read without TensorFlow and without executing anything."""
