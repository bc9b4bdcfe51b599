"""Drawings out of a trained model: new, rebuilt, in between, completed. Pixels in and out."""

from sketch_rnn.generate.completion import complete
from sketch_rnn.generate.drawings import Drawing, read_drawing, read_drawings, write_drawings
from sketch_rnn.generate.fitting import Fit, Fitted, fit_drawing
from sketch_rnn.generate.latent import encode, interpolate, interpolate_grid
from sketch_rnn.generate.prediction import predict
from sketch_rnn.generate.reconstruction import reconstruct
from sketch_rnn.generate.sampling import Samples, iter_samples, sample

__all__ = [
    "Drawing",
    "Fit",
    "Fitted",
    "Samples",
    "complete",
    "encode",
    "fit_drawing",
    "interpolate",
    "interpolate_grid",
    "iter_samples",
    "predict",
    "read_drawing",
    "read_drawings",
    "reconstruct",
    "sample",
    "write_drawings",
]
