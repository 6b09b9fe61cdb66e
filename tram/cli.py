"""``tram``: one command for all parts of the house."""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import typer

from ground.text import LANGUAGES, N_
from tram.help_texts import worded
from tram.journal_cli import journal
from tram.plain import complain, parts_of, plain_errors, said, speak

app = typer.Typer(
    help="Trạm: software of self-contained ID-enrolment booths.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # locals may hold people
)

app.add_typer(journal, name="journal")


@app.callback()
def _reader(
    lang: Annotated[
        str | None,
        typer.Option(help="vi or en: whom messages are for [default: as the locale says]."),
    ] = None,
) -> None:
    for language in LANGUAGES:
        if lang == language:
            speak(language)
            return
    if lang is not None:
        raise typer.BadParameter("vi or en", param_hint="--lang")


@app.command()
def demo(
    citizens: Annotated[int, typer.Option(min=1, help="How many come to each booth.")] = 12,
    speed: Annotated[float, typer.Option(min=0.1, help="Times human pace.")] = 10.0,
    seed: Annotated[int, typer.Option(help="Same seed, same people.")] = 1,
    exit_: Annotated[bool, typer.Option("--exit", help="End when everybody was served.")] = False,
    headless: Annotated[bool, typer.Option("--headless", help="Only the summary line.")] = False,
    data: Annotated[Path, typer.Option(help="Folder of the demo's station.")] = Path("data/demo"),
    port: Annotated[int, typer.Option(help="Console's port; 0: any that is free.")] = 0,
    stations: Annotated[int, typer.Option(min=1, max=20, help="How many booths.")] = 1,
    region_port: Annotated[int, typer.Option(help="Port of the region's pages; 0: any.")] = 0,
) -> None:
    """Run a region and booths on virtual hardware, and walk a crowd through each booth."""
    with plain_errors(), parts_of("demo", "httpx", "rich", "skimage"):
        from tram.demo.run import Demo, run

        chosen = Demo(
            citizens, speed, seed, exit_, headless, data.resolve(), port, stations, region_port
        )
        raise typer.Exit(run(chosen))


@app.command()
def station(
    config: Annotated[Path, typer.Option(help="The station's configuration.")] = Path(
        "/etc/tram/station.toml"
    ),
    check: Annotated[
        bool,
        typer.Option("--check", help="Only say how configuration, keys and devices are."),
    ] = False,
) -> None:
    """Run the booth's capture station and its console.

    With --check nothing is started. Exit code 0: all is well; 1: it would not start; 3: it would,
    and a device that the configuration names cannot be used.
    """
    with plain_errors(), parts_of("station"):
        from controller.config import load

        loaded = load(config)
        if check:
            from tram.check import check as look

            raise typer.Exit(look(loaded))
        from tram import station as room

        room.run(loaded)


@app.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def bench(context: typer.Context) -> None:
    """The figures: one JSON object a line."""
    import runpy

    try:
        import benchmarks  # noqa: F401  (a folder of the repo, in no wheel)
    except ModuleNotFoundError:
        complain(N_("The figures are measured in the repo: go to its folder and run make bench."))
        raise typer.Exit(1) from None
    sys.argv = ["tram bench", *context.args]
    runpy.run_module("benchmarks", run_name="__main__", alter_sys=True)


def main() -> None:
    words = sys.argv[1:]
    for language in LANGUAGES:  # before Typer reads it: help is shown first of all
        if _asked(words) == language:
            speak(language)
    root = whole(_command(words))
    worded(root, said)
    root()


def whole(command: str = "") -> Any:
    """The tree of commands as Typer makes it; for ``edge`` without the others."""
    from tram.edge import edge

    app.add_typer(edge, name="edge")
    if command != "edge":  # the uplink stays small: the others import numpy
        from tram.config_cli import config
        from tram.fleet.cli import fleet
        from tram.keys_cli import keys
        from tram.monitor import monitor
        from tram.pico_cli import pico
        from tram.plan import plan
        from tram.roster_cli import roster
        from tram.verify_cli import verify

        app.add_typer(config, name="config")
        app.add_typer(keys, name="keys")
        app.add_typer(monitor, name="monitor")
        app.add_typer(pico, name="pico")
        app.add_typer(roster, name="roster")
        app.command()(verify)
        app.command()(plan)
        app.command()(fleet)
    return typer.main.get_command(app)


def _asked(words: list[str]) -> str:
    """What ``--lang`` is given, "" without it."""
    for word, after in pairwise([*words, ""]):
        if word == "--lang":
            return after
        if word.startswith("--lang="):
            return word.removeprefix("--lang=")
    return ""


def _command(arguments: list[str]) -> str:
    """The first word that is neither ``--lang`` nor what it is given."""
    words = iter(arguments)
    for word in words:
        if word == "--lang":
            next(words, None)
        elif not word.startswith("-"):
            return word
    return ""


if __name__ == "__main__":
    main()
