"""Drawing with a trained model: sample, reconstruct, interpolate, complete, predict, recognise.

In: a `SketchRNN`, `DrawingOptions`, and sketches, labels or latent vectors. Out: `Samples`, which
are sketches in pixels. Stable: the functions that `sketch_rnn` exports. All draw with `loop`.
"""
