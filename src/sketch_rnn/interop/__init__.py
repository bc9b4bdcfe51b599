"""Conversion from and to other libraries: formats, names of settings, weights.

In: files and flags of the original TensorFlow program and of the JavaScript libraries. Out:
`ForeignModel` and our settings; JavaScript files and ONNX graphs. Stable: the file formats.
"""
