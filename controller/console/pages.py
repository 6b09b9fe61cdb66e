"""Puts the console's pages on the application. NiceGUI is one per process: call ``mount`` once."""

from __future__ import annotations

from importlib.resources import files

import nicegui
from fastapi import FastAPI, Request, Response
from nicegui import ui
from starlette.staticfiles import StaticFiles

from controller import api
from controller.console.board import board_page
from controller.console.desk_page import desk_page
from controller.console.frame import Console
from controller.console.live import Pulse
from controller.console.review import review_page
from controller.console.sessions import Sessions
from controller.console.shift import shift_page
from controller.console.technician import technician_page
from controller.service import Service

PAGES = {
    "/": desk_page,
    "/review": review_page,
    "/board": board_page,
    "/shift": shift_page,
    "/technician": technician_page,
}

MAIN = "#12497f"
"""Labels of fields and what else Quasar draws: ``--main`` of the style sheet."""


def mount(app: FastAPI, service: Service) -> Sessions:
    """Add all pages, their pictures and static files to ``app``; the browsers that are known."""
    console = Console(service, Sessions(service), Pulse(service))
    static = files("controller") / "console" / "static"
    app.mount("/console/static", StaticFiles(directory=str(static)))

    @app.get("/console/preview.jpg", include_in_schema=False)
    async def preview(request: Request) -> Response:
        token = console.sessions.token(console.sessions.of(request))
        return api.picture(service.preview(token), "image/jpeg")

    @app.get("/console/portrait/{dossier}.png", include_in_schema=False)
    async def portrait(request: Request, dossier: str) -> Response:
        token = console.sessions.token(console.sessions.of(request))
        return api.picture(await service.portrait(token, dossier), "image/png")

    for path, build in PAGES.items():
        _page(path, build, console)
    nicegui.app.on_startup(console.pulse.run)
    nicegui.app.colors(primary=MAIN)
    nicegui.app.config.quasar_config["loadingBar"]["skipHijack"] = True  # it tells nobody anything
    ui.run_with(
        app,
        title="Trạm",
        favicon=str(static / "tram.svg"),
        tailwind=False,
        show_welcome_message=False,
        binding_refresh_interval=None,
        message_history_length=50,
        reconnect_timeout=10.0,
        gzip_middleware_factory=None,  # loopback: packing costs more than sending
    )
    return console.sessions


def _page(path: str, build: object, console: Console) -> None:
    assert callable(build)

    @ui.page(path)
    def page(request: Request) -> None:
        build(console, request)
