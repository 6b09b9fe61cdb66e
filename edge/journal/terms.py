"""The terms of the journal's vocabulary: what a field of an event may hold.

``events.py`` is written in them and hands them on; how they may grow stands there.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

# ---- what a field may be -------------------------------------------------------------------

Count = Annotated[int, Meta(ge=0, le=9_999_999)]
"""A number of things, milliseconds of a duration, a seq-like small number. Seven digits."""
Signed = Annotated[int, Meta(ge=-9_999_999, le=9_999_999)]
Seq = Annotated[int, Meta(ge=1, le=99_999_999)]
"""A journal seq (also the id of a print job). Eight digits: one short of an old CMND number."""
Day = Annotated[int, Meta(ge=2000_01_01, le=2099_12_31)]
"""A station-local calendar day as yyyymmdd. Only ever the day of a queue, never a birth date."""
Percent = Annotated[int, Meta(ge=0, le=100)]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
"""SHA-256 of a sealed file, or a keyed digest (HMAC-SHA-256) of an identity."""
DossierId = Annotated[str, Meta(pattern=r"^[A-Z]{2}[0-9]{4}-[0-9]{6}-[0-9]\Z")]
"""Station code, running number, check digit: ``TH0417-000123-6``."""
OperatorId = Annotated[str, Meta(pattern=r"^OP[0-9]{1,4}\Z")]
Source = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]
"""Which machine a try came from: the number of its IPv4 address, or the first half of its IPv6 one.
"""
GroupId = Annotated[str, Meta(pattern=r"^G[0-9]{1,4}\Z")]
BootId = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}\Z")]
CommandId = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]
"""A command of the region (``edge/report/orders.py``)."""
FirmwareDigest = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}\Z")]
"""First eight digits of the firmware's hash, as the Pico greets with it."""
MinuteOfDay = Annotated[int, Meta(ge=0, le=1440)]
"""Minute of the local day; 1440 is its end."""
Tenths = Annotated[int, Meta(ge=-1000, le=2000)]
"""Tenths of a degree Celsius."""
Version = Annotated[str, Meta(pattern=r"^[0-9]{1,2}\.[0-9]{1,3}\.[0-9]{1,3}\Z")]


# ---- enumerations --------------------------------------------------------------------------


class Device(StrEnum):
    CAMERA = "camera"
    FINGERPRINT = "fingerprint"
    SCANNER = "scanner"
    PERIPHERALS = "peripherals"
    PRINTER = "printer"
    POWER = "power"
    """The power supply and the lines that tell of it (the Pi's own pins)."""

    @classmethod
    def _missing_(cls, value: object) -> Device | None:
        return _brought.get(value)


_brought: dict[object, Device] = {}
_DEVICE_NAME = re.compile(r"[a-z][a-z_]{1,15}")


def bring_device(name: str) -> Device:
    """A device that a stage brings with it: from now on a ``Device`` in this program, though not
    one that iterating over the enumeration gives (``devices`` does). Raises ValueError when
    ``name`` is not two to sixteen small letters and ``_``.
    """
    try:
        return Device(name)
    except ValueError:
        if not _DEVICE_NAME.fullmatch(name):
            raise
    member = str.__new__(Device, name)  # as the standard library's Flag makes its own
    member._name_, member._value_ = name.upper(), name
    _brought[name] = member
    return member


def devices() -> tuple[Device, ...]:
    """Every device of the vocabulary, and those that stages brought."""
    return (*Device, *_brought.values())


class FaultCode(StrEnum):
    """Why a device cannot do its job. Each has an instruction for the operator in the catalogs."""

    NOT_FOUND = "not_found"
    DISCONNECTED = "disconnected"
    NO_ANSWER = "no_answer"
    HUNG = "hung"
    BAD_DATA = "bad_data"
    REFUSED = "refused"
    RESTARTED = "restarted"
    WRONG_FIRMWARE = "wrong_firmware"
    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
    SLOW = "slow"
    OVERHEATED = "overheated"
    LOW_VOLTAGE = "low_voltage"
    NO_RIGHTS = "no_rights"
    """Its device file's rights do not let us (EACCES): a group is missing."""
    KEPT_OUT = "kept_out"
    """The system keeps this program out (EPERM): the unit's ``DeviceAllow=``."""
    TAKEN = "taken"
    """Another program holds it (EBUSY)."""
    ON_BATTERY = "on_battery"
    """The mains have failed. With the battery's end near: LOW_VOLTAGE."""


class TicketKind(StrEnum):
    WALK_IN = "walk_in"
    PRIORITY = "priority"
    GROUP = "group"


class TicketSource(StrEnum):
    BUTTON = "button"
    CONSOLE = "console"


class IssuedHow(StrEnum):
    PRINTED = "printed"
    HANDED = "handed"
    """The printer was out of order and the operator wrote or told the number."""


class Paper(StrEnum):
    TICKET = "ticket"
    INTAKE_FORM = "intake_form"
    APPOINTMENT = "appointment"
    CORRECTION = "correction"
    REFUSAL = "refusal"
    TEST = "test"


class RosterOutcome(StrEnum):
    """Circular 60/2021 Art. 5: data are unchanged, changed or absent in the population database."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    ABSENT = "absent"


class IdentitySource(StrEnum):
    QR_SCANNER = "qr_scanner"
    QR_CAMERA = "qr_camera"
    TYPED = "typed"
    SEARCH = "search"


class Contradiction(StrEnum):
    """Something to be shown to the operator before capture; they decide."""

    NAME_DIFFERS = "name_differs"
    BIRTH_DIFFERS = "birth_differs"
    SEX_DIFFERS = "sex_differs"
    RESIDENCE_DIFFERS = "residence_differs"
    OLD_NUMBER_DIFFERS = "old_number_differs"
    NUMBER_SEX = "number_sex"
    NUMBER_YEAR = "number_year"
    NUMBER_PROVINCE = "number_province"


class ReferralReason(StrEnum):
    BIRTH_INCOMPLETE = "birth_incomplete"
    BIRTH_IMPOSSIBLE = "birth_impossible"
    BIRTH_DIFFERS = "birth_differs"
    DATA_DISPUTED = "data_disputed"
    NOT_ON_ROSTER = "not_on_roster"


class RefusalReason(StrEnum):
    UNDER_AGE = "under_age"
    ALREADY_ENROLLED = "already_enrolled"


class AbandonReason(StrEnum):
    LEFT = "left"
    ILL = "ill"
    OPERATOR = "operator"


class ForcedReason(StrEnum):
    """Why a portrait that fails a check was taken all the same."""

    MEDICAL = "medical"
    DISABILITY = "disability"
    RELIGIOUS = "religious"
    EQUIPMENT = "equipment"


class Position(StrEnum):
    """Finger positions. Codes of ISO/IEC 19794-2 Table 6 in ``FGP`` (1 = right thumb … 10)."""

    RIGHT_THUMB = "right_thumb"
    RIGHT_INDEX = "right_index"
    RIGHT_MIDDLE = "right_middle"
    RIGHT_RING = "right_ring"
    RIGHT_LITTLE = "right_little"
    LEFT_THUMB = "left_thumb"
    LEFT_INDEX = "left_index"
    LEFT_MIDDLE = "left_middle"
    LEFT_RING = "left_ring"
    LEFT_LITTLE = "left_little"


FGP: dict[Position, int] = {position: code for code, position in enumerate(Position, start=1)}


class MissingReason(StrEnum):
    AMPUTATED = "amputated"
    BANDAGED = "bandaged"
    DEFORMED = "deformed"
    WORN = "worn"
    """Ridges worn off by work or age: tried, nothing readable."""


class FingerProblem(StrEnum):
    LOW_QUALITY = "low_quality"
    SAME_FINGER = "same_finger"
    """The sensor matched it to another position of the same dossier."""
    NO_IMAGE = "no_image"


class ConfirmedBy(StrEnum):
    BUTTON = "button"
    SCREEN = "screen"


class LockReason(StrEnum):
    MANUAL = "manual"
    IDLE = "idle"


class CommandOutcome(StrEnum):
    """What became of a command of the region. Whatever it is, it is not run again."""

    DONE = "done"
    EXPIRED = "expired"
    NOT_ALLOWED = "not_allowed"
    """The role that gave it may not."""
    FAILED = "failed"
    UNKNOWN = "unknown"
    """Of a newer vocabulary than this station's."""


class Delivery(StrEnum):
    IN_PERSON = "in_person"
    POST = "post"
