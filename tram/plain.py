"""Errors on the command line: what went wrong and what to do, in plain words, never a traceback."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import typer

from ground.config import Line
from ground.error import TramError
from ground.text import N_, Language, languages_of, text

UNFORESEEN = N_(
    "The program met something it was not made for and stopped. What was recorded is safe. Start "
    "it again; if it happens again, give the line above to those who look after the program."
)


def languages() -> tuple[Language, ...]:
    """Whoever reads: chosen with ``--lang``, or as the machine's locale says."""
    return _chosen or languages_of(os.environ)


def speak(language: Language) -> None:
    """From here on in ``language`` alone."""
    global _chosen
    _chosen = (language,)


_chosen: tuple[Language, ...] = ()


def said(message: str, **params: object) -> str:
    """``message`` in the reader's language; English where nobody says who reads."""
    return text(languages()[0], message, **params)


def say(message: str, **params: object) -> None:
    """What a command has done or found."""
    typer.echo(said(message, **params))


def tell(line: Line) -> None:
    """The same of a line that brings its values along."""
    typer.echo(line.told(languages()[0]))


def complain(message: str, **params: object) -> None:
    """What is wrong, and what to do; in both languages where nobody says who reads."""
    for language in languages():
        typer.echo(text(language, message, **params), err=True)


@contextmanager
def plain_errors() -> Iterator[None]:
    """Print the advice and end with exit code 1."""
    try:
        yield
    except TramError as error:
        if error.about:
            typer.echo(f"{error.about}: {error}", err=True)
        for language in languages():
            typer.echo(error.told(language), err=True)
    except OSError as error:
        typer.echo(f"{error.filename or 'system'}: {error.strerror or error}", err=True)
        complain(N_("Check the path, its permissions and the disk, then try again."))
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        typer.echo(f"tram: unforeseen: {type(error).__name__} at {_place(error)}", err=True)
        complain(UNFORESEEN)
    else:
        return
    raise typer.Exit(1)


def _place(error: Exception) -> str:
    """Where it happened, file and line from the outside in: enough to find it, tells of nobody."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    return " > ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)


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
        complain(
            N_(
                "{part} is not installed, and tram {extra} needs it. In the repo: make setup; "
                "elsewhere: pip install 'tram[{extra}]'"
            ),
            part=error.name,
            extra=extra,
        )
        raise typer.Exit(1) from None
