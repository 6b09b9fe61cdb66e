"""Tracebacks for the log without what people typed.

An exception's message may quote a name or a number (``invalid literal for int(): '0380…'``). The
log gets the exception's kind and the lines of code it came through, which is enough to find the
fault and says nothing about anybody.
"""

from __future__ import annotations

import logging
import re
import traceback


def trace(error: BaseException) -> str:
    """Kind and frames of ``error`` and its causes, innermost last; no messages, no values."""
    chain: list[str] = []
    at: BaseException | None = error
    while at is not None and len(chain) < 5:
        frames = traceback.extract_tb(at.__traceback__)
        path = " > ".join(f"{f.filename.rsplit('/', 1)[-1]}:{f.lineno} {f.name}" for f in frames)
        chain.append(f"{type(at).__name__} [{path}]")
        at = at.__cause__ or at.__context__
    return " from ".join(chain)


class WithoutMessages(logging.Filter):
    """Cleans records of libraries (NiceGUI, uvicorn): exceptions by ``trace``, addresses without
    their query, which may hold what somebody searched for."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(record.msg, BaseException):
            error = record.msg
        if error is not None:
            record.msg, record.args = "unexpected: %s", (trace(error),)
            record.exc_info = record.exc_text = None
        else:
            record.msg, record.args = re.sub(r"\?\S*", "?…", record.getMessage()), ()
        return True
