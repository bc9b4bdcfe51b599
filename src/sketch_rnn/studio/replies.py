"""JSON answers, and the answer to each kind of error."""

from __future__ import annotations

import json
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from sketch_rnn.errors import SketchRNNError
from sketch_rnn.studio.guard import RefusedError
from sketch_rnn.text import one_line


class Json(JSONResponse):
    """JSON in ASCII: a name may have lone surrogates, which UTF-8 cannot encode."""

    def render(self, content: Any) -> bytes:
        """The bytes of the body."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode()


async def _mistake(_request: Request, error: SketchRNNError) -> Response:
    return _error(str(error), 400)


async def _refused(_request: Request, refused: RefusedError) -> Response:
    return _error(refused.reason, refused.status)


async def _http_error(_request: Request, error: HTTPException) -> Response:
    response = _error(error.detail.lower(), error.status_code)
    response.headers.update(error.headers or {})
    return response


async def _gone(_request: Request, _left: ClientDisconnect) -> Response:
    return Response()  # nobody reads it


async def _broken(_request: Request, _fault: Exception) -> Response:
    return _error("the studio failed to answer; see the server's log", 500)


def _error(text: str, status: int) -> Response:
    return Json({"error": one_line(" ".join(text.split()))}, status_code=status)


HANDLERS: Final[dict[Any, Any]] = {
    SketchRNNError: _mistake,
    RefusedError: _refused,
    HTTPException: _http_error,
    ClientDisconnect: _gone,
    Exception: _broken,
}
