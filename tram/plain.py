"""Errors on the command line: what went wrong and what to do, in plain words, never a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

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
    else:
        return
    raise typer.Exit(1)
