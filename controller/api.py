"""The local HTTP API: everything a console does, offered to programs under ``/api/v1``.

One POST endpoint per command, generated from the command's dataclass, and a few reads. The
virtual clerk of the demo and every test of the line drive the station through this door, so that
it can do nothing a person at the console cannot.

Personal data travel in bodies only: addresses of requests end up in logs. A session's token comes
from ``/api/v1/unlock`` and goes into ``Authorization: Bearer``.
"""

from __future__ import annotations

import inspect
import logging
import re
from dataclasses import MISSING, dataclass, fields
from typing import Annotated, Any, get_args

import msgspec
from fastapi import APIRouter, Body, Depends, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import ConfigDict
from starlette.types import ASGIApp, Receive, Scope, Send

from controller.advice import UNEXPECTED, advice_of
from controller.commands import PUBLIC, RESULTS, Command, Done
from controller.fault import DeviceFault
from controller.service import Service
from controller.traces import trace
from controller.vault.durable import StorageFailed
from controller.vault.keys import WrongPassphrase
from controller.views import BoardView, Message, PersonView, ShiftView, StationView
from controller.wording import rendered
from edge.journal.error import DiskRefuses
from ground.error import InputError, Locked, NotAllowed, TramError
from ground.serve.places import Busy, source_of
from ground.text import LANGUAGES, N_

log = logging.getLogger("tram.api")

MAX_POLL_S = 60.0
STATUS: tuple[tuple[type[TramError], int], ...] = (
    (Locked, 401),
    (WrongPassphrase, 401),
    (NotAllowed, 409),
    (Busy, 503),
    (InputError, 422),
    (DeviceFault, 503),
    (DiskRefuses, 507),
    (StorageFailed, 507),
)
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
NO_SUCH_ADDRESS = N_("There is no such address. See /api/openapi.json.")
NOT_UNDERSTOOD = N_("The request is not understood at {place}. See /api/openapi.json.")


@dataclass(frozen=True)
class Advice:
    """What went wrong and what to do: the message id, its parameters, and both languages."""

    text: str
    params: dict[str, Any]
    vi: str
    en: str


@dataclass(frozen=True)
class Problem:
    advice: Advice


@dataclass(frozen=True)
class PersonQuery:
    """``name`` may lack accents; ``birth`` is a date like 31/12/1990, a year, or empty."""

    name: str
    birth: str = ""


@dataclass(frozen=True)
class HealthView:
    """``version`` grows with every change of the station."""

    alive: bool
    version: int
    locked: bool


def build(service: Service) -> FastAPI:
    """The application with the API alone; ``controller.server`` adds the console."""
    app = FastAPI(
        title="Trạm",
        version="1",
        description="Local API of an ID-enrolment booth. " + (__doc__ or "").split("\n\n")[-1],
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.include_router(router(service))
    app.add_api_route("/api/{path:path}", _nowhere, methods=METHODS, include_in_schema=False)
    app.add_middleware(Shield)
    app.exception_handler(TramError)(_on_tram_error)
    app.exception_handler(RequestValidationError)(_on_bad_request)
    return app


def router(service: Service) -> APIRouter:
    """All endpoints, bound to ``service``."""
    found = APIRouter(
        prefix="/api/v1", responses={s: {"model": Problem} for s in (401, 409, 422, 500, 503, 507)}
    )
    for command in get_args(Command):
        _add_command(found, service, command)
    _add_reads(found, service)
    return found


# ---- commands --------------------------------------------------------------------------------


def _add_command(to: APIRouter, service: Service, command: type[Any]) -> None:
    # pydantic reads this from plain dataclasses; a misspelt field must not pass as "left out".
    command.__pydantic_config__ = ConfigDict(extra="forbid")
    result = RESULTS.get(command, Done)
    required = any(f.default is MISSING and f.default_factory is MISSING for f in fields(command))

    async def endpoint(order: Any, token: str | None, source: str) -> Response:
        return _json(await service.do(order, token, source))

    default = inspect.Parameter.empty if required else command()
    endpoint.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(
                "order",
                inspect.Parameter.KEYWORD_ONLY,
                annotation=Annotated[command, Body()],
                default=default,
            ),
            inspect.Parameter("token", inspect.Parameter.KEYWORD_ONLY, annotation=Token),
            inspect.Parameter("source", inspect.Parameter.KEYWORD_ONLY, annotation=Source),
        ]
    )
    name = slug(command.__name__)
    summary, description = _words_of(command)
    if command in PUBLIC:
        description += "\n\nNeeds no session."
    to.add_api_route(
        f"/{name}",
        endpoint,
        methods=["POST"],
        name=name,
        operation_id=name.replace("-", "_"),
        summary=summary,
        description=description.strip(),
        response_model=result,
        tags=["commands"],
    )


def slug(name: str) -> str:
    """``IssueTicket`` → ``issue-ticket``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def _words_of(command: type[Any]) -> tuple[str, str]:
    """Summary (first sentence) and the rest of the docstring."""
    text = inspect.cleandoc(command.__doc__ or "")
    if text.startswith(f"{command.__name__}("):  # the signature that dataclass puts there
        return re.sub(r"(?<!^)(?=[A-Z])", " ", command.__name__).capitalize(), ""
    first, _, rest = text.replace("``", "`").partition("\n\n")
    summary, _, more = " ".join(first.split()).partition(". ")
    return summary.rstrip("."), f"{more}\n\n{rest}".strip()


# ---- reads -----------------------------------------------------------------------------------

_bearer = HTTPBearer(auto_error=False, description="The token that /api/v1/unlock gave.")


def _token(
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> str | None:
    return credentials.credentials if credentials else None


def _source(request: Request) -> str:
    return source_of(request.client.host if request.client else None)


Token = Annotated[str | None, Depends(_token)]
Source = Annotated[str, Depends(_source)]
_JPEG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {}}},
    204: {"description": "Nobody is at the camera."},
}
_PNG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/png": {}}},
    204: {"description": "No portrait was taken yet."},
}


def _add_reads(to: APIRouter, service: Service) -> None:
    @to.get("/state", response_model=StationView, tags=["views"])
    async def state(
        token: Token,
        since: Annotated[int, Query(ge=-1)] = -1,
        timeout: Annotated[float, Query(ge=0, le=MAX_POLL_S)] = 0.0,  # noqa: ASYNC109 (a poll)
    ) -> Response:
        """Everything a desk shows.

        With ``since`` (the version known already) and ``timeout`` in seconds the answer comes as
        soon as something changed, or when the time is up. Without a valid token it holds no
        dossiers and no personal data.
        """
        await service.changed(since, timeout)
        return _json(service.view(token))

    @to.get("/board", response_model=BoardView, tags=["views"])
    async def board() -> Response:
        """The public board: numbers and places, nothing about people."""
        return _json(service.board())

    @to.get("/shift", response_model=ShiftView, tags=["views"])
    async def shift(
        token: Token, day: Annotated[int | None, Query(ge=2000_01_01, le=2099_12_31)] = None
    ) -> Response:
        """The figures of ``day`` (yyyymmdd), today's when it is left out."""
        return _json(service.shift(day))

    @to.post("/search", response_model=list[PersonView], tags=["views"])
    async def search(token: Token, query: Annotated[PersonQuery, Body()]) -> Response:
        """People of the roster by name and birth, best first.

        A POST although it changes nothing: names must not stand in an address.
        """
        return _json(service.search(token, query.name, query.birth))

    @to.get("/preview.jpg", response_class=Response, responses=_JPEG, tags=["views"])
    async def preview(token: Token) -> Response:
        """The newest camera frame while somebody is at the camera."""
        return picture(service.preview(token), "image/jpeg")

    @to.get(
        "/dossiers/{dossier}/portrait.png", response_class=Response, responses=_PNG, tags=["views"]
    )
    async def portrait(token: Token, dossier: str) -> Response:
        """The portrait taken, for the review."""
        return picture(await service.portrait(token, dossier), "image/png")

    @to.get("/health", response_model=HealthView, tags=["views"])
    async def health() -> Response:
        """Whether the station answers, and whether it is locked."""
        view = service.view(None)
        return _json(HealthView(True, view.version, view.locked))


def picture(image: bytes | None, media_type: str) -> Response:
    """An image that no cache may keep; 204 when there is none."""
    headers = {"Cache-Control": "no-store"}
    if image is None:
        return Response(status_code=204, headers=headers)
    return Response(image, media_type=media_type, headers=headers)


def _json(value: object, status: int = 200) -> Response:
    # msgspec encodes dataclasses and enums many times faster than a round through the model.
    return Response(
        msgspec.json.encode(value, enc_hook=str),
        status,
        {"Cache-Control": "no-store"},
        "application/json",
    )


# ---- what can go wrong -----------------------------------------------------------------------


def problem(text: str, **params: object) -> Problem:
    vi, en = (rendered(language, Message(text, params)) for language in LANGUAGES)
    return Problem(Advice(text, params, vi, en))


def status_of(error: TramError) -> int:
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


async def _on_tram_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, TramError)
    message = advice_of(error)
    return _json(problem(message.text, **message.params), status_of(error))


async def _on_bad_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    places = (".".join(str(p) for p in e["loc"] if p != "body") or "body" for e in error.errors())
    return _json(problem(NOT_UNDERSTOOD, place=", ".join(dict.fromkeys(places))), 422)


async def _nowhere(request: Request) -> Response:
    """Before the console's own answer, which would log the address with what was asked."""
    return _json(problem(NO_SUCH_ADDRESS), 404)


class Shield:
    """Last line: an unexpected error becomes a plain sentence.

    The log gets the error's kind and the lines of code it came through, never its message, which
    may quote what somebody typed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watch(message: Any) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception as error:
            log.error("unexpected: %s", trace(error))
            if scope["type"] == "http" and not started:
                await _json(problem(UNEXPECTED), 500)(scope, receive, send)
