"""What the operator does when the fingerprint scanner fails: what happened, and how it goes on."""

from __future__ import annotations

from edge.journal.events import FaultCode
from ground.text import N_

ELSE = N_(
    "The fingerprint scanner does not work. Test it on the technician page; if the problem "
    "persists, call a technician. Portraits go on meanwhile."
)
"""For every fault that has no words of its own."""
ADVICE: dict[FaultCode, str] = {
    FaultCode.NOT_FOUND: N_(
        "No fingerprint scanner is found. Check its cable, then test it on the technician page. "
        "Portraits go on meanwhile."
    ),
    FaultCode.DISCONNECTED: N_(
        "The fingerprint scanner was unplugged. Put its cable back; the fingers go on where they "
        "stopped."
    ),
    FaultCode.NO_ANSWER: N_(
        "The fingerprint scanner does not answer. Pull its cable, wait three seconds and put it "
        "back; the fingers go on where they stopped."
    ),
    FaultCode.HUNG: N_(
        "The fingerprint scanner got stuck and is being started again. Ask the citizen to lift "
        "the finger and to put it down again."
    ),
    FaultCode.BAD_DATA: N_(
        "The fingerprint scanner sends damaged data. Check its cable and keep it away from power "
        "cables; the finger is taken again."
    ),
    FaultCode.REFUSED: N_(
        "The fingerprint scanner refused. Wipe its glass with a dry cloth and put the finger down "
        "again."
    ),
    FaultCode.RESTARTED: N_(
        "The fingerprint scanner has started again by itself. Take the finger again; if it "
        "happens often, call a technician."
    ),
    FaultCode.SLOW: N_(
        "The fingerprint scanner is slow. Go on; call a technician after the shift."
    ),
}
