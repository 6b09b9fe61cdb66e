"""The words that people read for the values of the vocabulary: message ids, by value.

Each stands alone as a label; ``within`` puts one into a sentence. One thing has one name, for the
clerk as for the region. Keys are the values of the enumerations of ``edge`` (its journal's terms
and the region's orders), compared with them in tests/unit/text.
"""

from __future__ import annotations

from ground.text import N_

DEVICES = {
    "camera": N_("Camera"),
    "fingerprint": N_("Fingerprint scanner"),
    "scanner": N_("Card scanner"),
    "peripherals": N_("Buttons and lights"),
    "printer": N_("Printer"),
    "power": N_("Power supply"),
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
KINDS = {
    "walk_in": N_("Walk-in"),
    "priority": N_("Priority"),
    "group": N_("Group"),
}
PAPERS = {
    "ticket": N_("Ticket"),
    "intake_form": N_("Intake form"),
    "appointment": N_("Appointment slip"),
    "correction": N_("Correction slip"),
    "refusal": N_("Refusal slip"),
    "test": N_("Test page"),
}
ROSTER = {
    "unchanged": N_("Data unchanged"),
    "changed": N_("Data changed"),
    "absent": N_("Not on the roster"),
}
"""What the extract says of a person whose card was read."""
OUTCOMES = {
    "sealed": N_("Sealed"),
    "referred": N_("Referred"),
    "refused": N_("Refused"),
    "abandoned": N_("Abandoned"),
}
"""How a dossier ended."""
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
"""Commands of the region, by their tag on the wire."""
COMMAND_OUTCOMES = {
    "done": N_("done"),
    "expired": N_("came too late"),
    "not_allowed": N_("refused: its sender may not"),
    "failed": N_("could not be done"),
    "unknown": N_("not known here"),
}
"""What became of a command of the region."""
ROLES = {
    "viewer": N_("viewer"),
    "operator": N_("operator"),
    "administrator": N_("administrator"),
}
"""Of accounts of the region."""
REASONS = REFERRALS | REFUSALS | ABANDONS
"""Why a dossier did not end sealed."""


def within(word: str) -> str:
    """A word said in the middle of a sentence; what is written in capitals stays so."""
    return word if word[1:2].isupper() else word[:1].lower() + word[1:]
