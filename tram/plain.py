"""Errors on the command line: what went wrong and what to do, in plain words, never a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

import typer

from controller.errors import TramError
from controller.texts import text
from edge.journal.store import JournalError


@contextmanager
def plain_errors() -> Iterator[None]:
    """Print the advice and end with exit code 1."""
    try:
        yield
    except TramError as error:
        typer.echo(text("en", error.advice, **error.params), err=True)
        vietnamese = text("vi", error.advice, **error.params)
        typer.echo(vietnamese, err=True)
    except JournalError as error:
        typer.echo(f"journal: {error}", err=True)
        typer.echo(text("en", error.advice, **error.params), err=True)
    except OSError as error:
        typer.echo(f"{error.filename or 'system'}: {error.strerror}", err=True)
        typer.echo("Check the path, its permissions and the disk, then try again.", err=True)
    else:
        return
    raise typer.Exit(1)


@contextmanager
def parts_of(extra: str, *modules: str) -> Iterator[None]:
    """Say what to install when something of ``tram[extra]`` is not there.

    ``modules`` are looked for first: those that only a program started later would miss.
    """
    try:
        for module in modules:
            if find_spec(module) is None:
                raise ModuleNotFoundError(name=module)
        yield
    except ModuleNotFoundError as error:
        typer.echo(
            f"{error.name} is not installed, and tram {extra} needs it. In the repo: make setup; "
            f"elsewhere: pip install 'tram[{extra}]'",
            err=True,
        )
        raise typer.Exit(1) from None
