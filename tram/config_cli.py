"""``tram config``: whether a configuration is right, before a program is started on it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ground.text import N_
from tram.plain import parts_of, plain_errors, say, tell

config = typer.Typer(help="Configurations of booth and region.", no_args_is_help=True)

WHOLE_STATION = N_("{file}: whole; station {code}, {name}, {region}")
WHOLE_REGION = N_("{file}: whole; the region, workers: {workers}")


@config.callback()
def _one_of() -> None:
    """Keep ``check`` a command of its own while it is the only one."""


@config.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="station.toml of a booth, or monitor.toml.")],
) -> None:
    """Say all that is wrong with a configuration; exit 1 when anything is."""
    with plain_errors(), parts_of("station"):
        from ground.config import load_document

        if of_region(load_document(file)):
            from monitor import tree_file
            from monitor.config import load as load_region

            settings = load_region(file)
            tree = tree_file.load(settings.region) if settings.region is not None else None
            say(WHOLE_REGION, file=file, workers=len(settings.workers))
            for told in tree.said() if tree is not None else ():
                tell(told)
        else:
            from controller.config import load

            station = load(file).station
            say(
                WHOLE_STATION,
                file=file,
                code=station.code,
                name=station.name,
                region=station.region,
            )


def of_region(document: dict[str, object]) -> bool:
    """Whether a file is the region's: by the tables that only one of the two has."""
    return "station" not in document and bool(document.keys() & {"workers", "broker", "web", "db"})
