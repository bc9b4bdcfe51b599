"""Drawings out of a trained model: new, rebuilt, in between, completed. Pixels in and out."""
