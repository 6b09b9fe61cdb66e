"""The words people read for every enumeration: message ids, by the value of the enum.

Screens and the API get values like ``right_thumb`` from the station; here is what they say.
"""

from __future__ import annotations

from controller.texts import N_, Language, text
from controller.views import Message

DEVICES = {
    "camera": N_("Camera"),
    "fingerprint": N_("Fingerprint scanner"),
    "scanner": N_("Card scanner"),
    "peripherals": N_("Buttons and lights"),
    "printer": N_("Printer"),
    "power": N_("Power supply"),
}
HEALTH = {
    "starting": N_("starting"),
    "ready": N_("ready"),
    "failed": N_("failed"),
    "absent": N_("not installed"),
}
FAULTS = {
    "not_found": N_("not found"),
    "disconnected": N_("unplugged"),
    "no_answer": N_("no answer"),
    "hung": N_("stuck"),
    "bad_data": N_("damaged data"),
    "refused": N_("refused"),
    "restarted": N_("restarted by itself"),
    "wrong_firmware": N_("wrong firmware"),
    "paper_out": N_("out of paper"),
    "cover_open": N_("cover open"),
    "slow": N_("slow"),
    "overheated": N_("too hot"),
    "low_voltage": N_("weak power"),
    "no_rights": N_("no rights"),
    "kept_out": N_("kept out by the system"),
    "taken": N_("held by another program"),
    "on_battery": N_("on its battery"),
}
CLOCK_UNSET = N_(
    "The booth's clock is not set: until it is, the region does not count what is done here. "
    "Connect the booth to its network, then the clock sets itself. If this stays, call a "
    "technician."
)
KINDS = {
    "walk_in": N_("Walk-in"),
    "priority": N_("Priority"),
    "group": N_("Group"),
}
KIND_HINTS = {
    "walk_in": N_("whoever comes"),
    "priority": N_("old, disabled, pregnant, small children"),
    "group": N_("school class or agency with an appointment"),
}
PAPERS = {
    "ticket": N_("Ticket"),
    "intake_form": N_("Intake form"),
    "appointment": N_("Appointment slip"),
    "correction": N_("Correction slip"),
    "refusal": N_("Refusal slip"),
    "test": N_("Test page"),
}
OUTCOMES = {
    "unchanged": N_("Data unchanged"),
    "changed": N_("Data changed"),
    "absent": N_("Not on the roster"),
    "sealed": N_("Sealed"),
    "referred": N_("Referred"),
    "refused": N_("Refused"),
    "abandoned": N_("Abandoned"),
}
SOURCES = {
    "qr_scanner": N_("card scanned"),
    "qr_camera": N_("card read by camera"),
    "typed": N_("typed"),
    "search": N_("found by name"),
}
CONTRADICTIONS = {
    "name_differs": N_("The name on the card differs from the roster."),
    "birth_differs": N_("The birth date on the card differs from the roster."),
    "sex_differs": N_("The sex on the card differs from the roster."),
    "residence_differs": N_("The residence on the card differs from the roster."),
    "old_number_differs": N_("The old number on the card differs from the roster."),
    "number_sex": N_("The number does not fit the sex. Compare with the papers."),
    "number_year": N_("The number does not fit the year of birth. Compare with the papers."),
    "number_province": N_("The number begins with an unknown province. Compare with the papers."),
}
CONTRADICTED_FIELDS = {
    "name_differs": "name",
    "birth_differs": "birth",
    "sex_differs": "sex",
    "residence_differs": "residence",
    "old_number_differs": "old_number",
    "number_sex": "sex",
    "number_year": "birth",
    "number_province": "number",
}
"""Which field of a ``PersonView`` a contradiction is about."""
REFERRALS = {
    "birth_incomplete": N_("Birth date incomplete"),
    "birth_impossible": N_("Birth date impossible"),
    "birth_differs": N_("Birth date differs between papers"),
    "data_disputed": N_("The citizen disputes the data"),
    "not_on_roster": N_("Not on the roster, papers do not suffice"),
}
REFUSALS = {
    "under_age": N_("Under the minimum age"),
    "already_enrolled": N_("Already enrolled"),
}
ABANDONS = {
    "left": N_("The person left"),
    "ill": N_("The person is unwell"),
    "operator": N_("Opened by mistake"),
}
FORCED = {
    "medical": N_("Medical reason"),
    "disability": N_("Disability"),
    "religious": N_("Religious dress"),
    "equipment": N_("The equipment cannot do better"),
}
MISSING = {
    "amputated": N_("Finger lost"),
    "bandaged": N_("Bandaged or injured"),
    "deformed": N_("Deformed, cannot be laid flat"),
    "worn": N_("Ridges worn off"),
}
POSITIONS = {
    "right_thumb": N_("right thumb"),
    "right_index": N_("right index finger"),
    "right_middle": N_("right middle finger"),
    "right_ring": N_("right ring finger"),
    "right_little": N_("right little finger"),
    "left_thumb": N_("left thumb"),
    "left_index": N_("left index finger"),
    "left_middle": N_("left middle finger"),
    "left_ring": N_("left ring finger"),
    "left_little": N_("left little finger"),
}
DELIVERIES = {
    "in_person": N_("Collect in person"),
    "post": N_("By post"),
}
STAGES = {
    "checked_in": N_("Identify"),
    "identified": N_("Capture"),
    "confirmed": N_("Confirmed"),
    "sealed": N_("Papers"),
    "turned_away": N_("Turned away"),
    "closed": N_("Closed"),
}
PLACES = {
    "desk": N_("Desk"),
    "scanner": N_("Card"),
    "camera": N_("Camera"),
    "fingerprint": N_("Fingers"),
    "waiting": N_("Waits"),
    "review": N_("Review"),
    "papers": N_("Papers"),
}
SPANS = {
    "identify": N_("Identification"),
    "portrait": N_("Until the portrait"),
    "fingers": N_("Until the last finger"),
    "review": N_("Review and confirmation"),
    "papers": N_("Papers"),
    "total": N_("Whole dossier"),
}
CHECKS = {
    "face": N_("Face found"),
    "single": N_("One person"),
    "centred_x": N_("In the middle"),
    "centred_y": N_("Height"),
    "eye_distance": N_("Distance"),
    "eyes_level": N_("Head straight"),
    "eyes_open": N_("Eyes open"),
    "sharpness": N_("Sharp"),
    "face_light": N_("Light on the face"),
    "background_spread": N_("Background even"),
    "background_light": N_("Background bright"),
}
FIELDS = {
    "number": N_("Number"),
    "old_number": N_("Old number"),
    "name": N_("Name"),
    "birth": N_("Birth"),
    "sex": N_("Sex"),
    "residence": N_("Residence"),
    "hamlet": N_("Hamlet"),
}
SEXES = {
    "male": N_("Male"),
    "female": N_("Female"),
}
ORDERS = {
    "report_now": N_("Report everything now"),
    "locate": N_("Show which booth it is"),
    "pause_intake": N_("Pause the intake"),
    "resume_intake": N_("Resume the intake"),
    "set_target": N_("Set target and hours"),
    "send_logs": N_("Send the log"),
}
"""Commands of the region."""
COMMAND_OUTCOMES = {
    "done": N_("done"),
    "expired": N_("came too late"),
    "not_allowed": N_("refused: its sender may not"),
    "failed": N_("could not be done"),
    "unknown": N_("not known here"),
}

_BY_PARAMETER: dict[str, dict[str, str]] = {
    "device": DEVICES,
    "fault": FAULTS,
    "finger": POSITIONS,
    "position": POSITIONS,
    "other": POSITIONS,
    "kind": KINDS,
    "paper": PAPERS,
    "delivery": DELIVERIES,
}
"""Parameters of messages that carry an enum's value, and its words."""
_MESSAGES = ("reason", "where", "what", "advice")
"""Parameters of messages that are message ids themselves."""


def short_day(day: int) -> str:
    """A day (yyyymmdd) of these weeks, as people write it: 21/11."""
    return f"{day % 100:02d}/{day // 100 % 100:02d}"


def rendered(language: Language, message: Message) -> str:
    """``message`` in ``language``, enums among its parameters in words of that language."""
    params = {name: _worded(language, name, value) for name, value in message.params.items()}
    return text(language, message.text, **params)


def _worded(language: Language, name: str, value: object) -> object:
    if isinstance(value, Message):
        return rendered(language, value)
    if isinstance(value, tuple):
        return "; ".join(str(_worded(language, name, one)) for one in value)
    if not isinstance(value, str):
        return value
    if name in _MESSAGES:
        return text(language, value)
    words = _BY_PARAMETER.get(name, {})
    return text(language, words[value]) if value in words else str(value)
