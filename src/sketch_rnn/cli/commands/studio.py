"""`sketch-rnn studio`: a page to draw on together with a model."""

from __future__ import annotations

from typing import Annotated

import typer

from sketch_rnn.errors import SketchRNNError

Models = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="MODEL",
        help="Models to offer first, as for `draw`; those in the package are offered, too.",
        show_default="quickdraw",
    ),
]


def studio(
    models: Models = None,
    *,
    data: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DATA",
            help="Dataset to take drawings from, and to show as a map; may be given several times.",
        ),
    ] = None,
    port: Annotated[int, typer.Option(help="Port to listen on; 0 for a free one.")] = 8345,
    host: Annotated[
        str,
        typer.Option(help="Address to listen on. Beyond this machine, a token is needed: printed."),
    ] = "127.0.0.1",
    no_open: Annotated[
        bool, typer.Option("--no-open", help="Do not open the page in a browser.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Write a line for each request.")
    ] = False,
) -> None:
    """Draw with a model on a page in the browser.

    Example: sketch-rnn studio doodles
    """
    import logging

    from sketch_rnn.threads import limit_threads

    try:
        from sketch_rnn.studio.server import run_studio
    except ModuleNotFoundError as error:
        raise SketchRNNError(
            f"the studio needs {error.name}: pip install 'sketch-rnn[studio]'"
        ) from error
    limit_threads()
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(message)s")
    run_studio(
        models or ["quickdraw"],
        data=data or (),
        host=host,
        port=port,
        report=typer.echo,
        open_page=not no_open,
        verbose=verbose,
    )
