"""How good a model is: its losses on a split, and how good its drawings are.

In: a model or drawings, and a dataset. Out: `Losses`, or a `DrawingReport` with every figure.
Stable: `evaluate`, `evaluate_drawings` and what they return.
"""
