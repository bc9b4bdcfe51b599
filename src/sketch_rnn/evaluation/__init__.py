"""How good a model is: losses of a split."""
