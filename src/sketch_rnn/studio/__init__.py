"""The page to play with: a local server and what it serves.

In come HTTP requests of the page (`page/`), out go pieces of drawings while they are drawn.
Stable is the command `sketch-rnn studio` and the JSON under `/api`.
"""
