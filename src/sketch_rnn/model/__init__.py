"""Sketch-RNN itself: cells, encoder, decoder, mixture and loss, in plain loops.

In: batches of normalised strokes, noise and conditions as tensors. Out: predictions, losses and
movements. It knows no files, pixels or kernels. Stable: `StrokeMixture` and the parameter names.
"""
