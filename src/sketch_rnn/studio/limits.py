"""How much one request, and all of them together, may ask for."""

from __future__ import annotations

from typing import Final

# Bytes of a body with a request, and with a file of drawings.
BODY_BYTES: Final = 2**20
FILE_BYTES: Final = 8 * 2**20
# Bytes that a file may have when it is unpacked.
UNPACKED_BYTES: Final = 64 * 2**20
BODY_SECONDS: Final = 10.0
# Drawings that are shown of a file, and points of all of them.
FILE_DRAWINGS: Final = 200
FILE_POINTS: Final = 200_000
# Points of a drawing that is sent, and movements of one that is made.
MOST_POINTS: Final = 5_000
MOST_STEPS: Final = 1_000
# Pixels of all frames of a GIF together, each of which takes a byte or more.
GIF_PIXELS: Final = 2**27
# Seconds of a GIF times its drawings.
GIF_SECONDS: Final = 2_000
# Drawings of the dataset on its map, and in one answer.
DRAWINGS_ON_MAP: Final = 1_500
DRAWINGS_SHOWN: Final = 100
# Drawings of one request, and open ones of all requests.
MOST_DRAWINGS: Final = 400
MOST_OPEN: Final = 4_096
# Seconds after which a request's drawings are stopped.
DRAWING_SECONDS: Final = 60.0
# Requests a second of one address in the long run, and at once.
REQUESTS_PER_SECOND: Final = 200.0
REQUESTS_AT_ONCE: Final = 400
# Models kept in memory.
MOST_MODELS: Final = 4
# Requests prepared at the same time, and as many others whose answers may take seconds.
AT_ONCE: Final = 2
# Connections at the same time.
MOST_CONNECTIONS: Final = 512
