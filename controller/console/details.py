"""What a device says of itself, in the reader's language.

Adapters tell technicians' details in English, as their logs do. What is ours of it is said here:
each form is a message id, its fields found again in what was told. What is not (a version, a port,
the words of a library or of the system) stays as it came.
"""

from __future__ import annotations

import re

from ground.text import N_, Language, text
from ground.text.words import DEVICES, FAULTS

FORMS = (
    N_("deadline passed"),
    N_("silent for {time} s"),
    N_("no answer to {request} in {time} s"),
    N_("nothing scanned in {time} s"),
    N_("the line does not get quiet"),
    N_("at no rate; {detail}"),
    N_("no image in the sensor"),
    N_("camera is starting"),
    N_("the camera gives no picture"),
    N_("libcamera sees no camera: check the ribbon cable"),
    N_("frames are not readable as JPEG"),
    N_("no camera at {path}: {detail}"),
    N_("camera stopped: {detail}"),
    N_("camera worker ended ({error})"),
    N_("camera in use or not startable: {detail}"),
    N_("{detail}: frame in {time} ms"),
    N_("{detail}, frame {time} ms, checks {checks} ms, quality {quality}"),
    N_("{port}: scan of {bytes} bytes received"),
    N_("{port} at {baud} baud"),
    N_("firmware {firmware}, boot {boot}, last reset: {cause}"),
    N_("lgpio is not installed"),
    N_("no pigpiod"),
    N_("not ready"),
    N_("silent"),
    N_("gone"),
)
"""Messages of ``controller/devices``, as they are written there."""
_FAULT = re.compile(r"(?P<device>\w+): (?P<fault>\w+)(?: \((?P<detail>.*)\))?", re.DOTALL)
"""A ``DeviceFault`` in the log's words."""


def _pattern(form: str) -> re.Pattern[str]:
    literal = re.split(r"\{(\w+)\}", form)
    parts = (f"(?P<{p}>.+?)" if i % 2 else re.escape(p) for i, p in enumerate(literal))
    return re.compile("".join(parts), re.DOTALL)


_FORMS = tuple((_pattern(form), form) for form in FORMS)


def said(language: Language, told: str) -> str:
    """``told``: the detail of a device's status or test, the value of a fault, or both as a
    ``DeviceFault`` has them."""
    if told in FAULTS:
        return text(language, FAULTS[told])
    if (
        (found := _FAULT.fullmatch(told))
        and found["device"] in DEVICES
        and found["fault"] in FAULTS
    ):
        fault = text(language, FAULTS[found["fault"]])
        return f"{fault} ({said(language, found['detail'])})" if found["detail"] else fault
    for pattern, form in _FORMS:
        if found := pattern.fullmatch(told):
            fields = found.groupdict()
            if "detail" in fields:
                fields["detail"] = said(language, fields["detail"])
            return text(language, form, **fields)
    return told
