"""The hyper cell: an LSTM whose gates a smaller one scales and shifts."""
