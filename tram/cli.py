"""``tram``: one command for all parts of the house."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tram.plain import parts_of, plain_errors

app = typer.Typer(
    help="Trạm: software of self-contained ID-enrolment booths.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # locals may hold people
)
journal = typer.Typer(help="The station's journal.", no_args_is_help=True)
app.add_typer(journal, name="journal")


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
) -> None:
    """Run the booth's capture station and its console."""
    with plain_errors(), parts_of("station"):
        from controller.config import load

        loaded = load(config)
        from tram import station as room

        room.run(loaded)


@journal.command("verify")
def journal_verify(
    path: Annotated[Path, typer.Argument(help="journal.db, or the station's data folder.")],
) -> None:
    """Check chain and contiguity; name the first bad row."""
    from edge.journal.verify import verify

    file = path / "journal.db" if path.is_dir() else path
    verdict = verify(file)
    if verdict.bad_row is None:
        typer.echo(f"{file}: {verdict.rows} rows, whole")
        return
    typer.echo(f"{file}: row {verdict.bad_row} is bad: {verdict.why}", err=True)
    raise typer.Exit(1)


@app.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def bench(context: typer.Context) -> None:
    """The figures: one JSON object a line."""
    import runpy

    try:
        import benchmarks  # noqa: F401  (a folder of the repo, in no wheel)
    except ModuleNotFoundError:
        typer.echo(
            "The figures are measured in the repo: go to its folder and run make bench.", err=True
        )
        raise typer.Exit(1) from None
    sys.argv = ["tram bench", *context.args]
    runpy.run_module("benchmarks", run_name="__main__", alter_sys=True)


def main() -> None:
    from tram.edge import edge

    app.add_typer(edge, name="edge")
    if sys.argv[1:2] != ["edge"]:  # the uplink stays small: the others import numpy
        from tram.fleet.cli import fleet
        from tram.keys_cli import keys
        from tram.monitor import monitor
        from tram.plan import plan
        from tram.roster_cli import roster
        from tram.verify_cli import verify

        app.add_typer(keys, name="keys")
        app.add_typer(monitor, name="monitor")
        app.add_typer(roster, name="roster")
        app.command()(verify)
        app.command()(plan)
        app.command()(fleet)
    app()


if __name__ == "__main__":
    main()
