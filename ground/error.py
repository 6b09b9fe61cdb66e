"""One tree of errors: what happened, what the reader does next, and with which values.

``str(error)`` is for the log: technical, English, free of personal data. What a person reads is
``advice``: a message id whose ``{name}`` fields ``params`` fills, said where it is shown. What an
error of ours is caught for has a class of its own, where it is raised; nothing is wrapped anew on
its way to whoever shows it.
"""

from __future__ import annotations

from typing import ClassVar

from ground.text import Language, text


class TramError(Exception):
    """Base of everything that we raise on purpose and a person is to read.

    ``params`` may hold personal data and never goes to the log. ``about``: what a command line
    puts before the log's words, "" where the advice says all.
    """

    about: ClassVar[str] = ""

    def __init__(self, log_text: str, advice: str | None = None, **params: object) -> None:
        super().__init__(log_text)
        self.advice = advice or log_text
        self.params = params

    def told(self, language: Language) -> str:
        """The advice in ``language``."""
        return text(language, self.advice, **self.params)


class InputError(TramError):
    """Bad input from outside (file, scan, form): names the place."""


class NotAllowed(TramError):
    """The command makes no sense in the present state; nothing was changed."""


class Locked(TramError):
    """The vault is locked; an operator has to unlock it first."""
