"""What the operator does when the camera fails: what happened, and how it goes on."""

from __future__ import annotations

from edge.journal.events import FaultCode
from ground.text import N_

ELSE = N_(
    "The camera does not work. Test it on the technician page; if the problem persists, call a "
    "technician. Fingers and papers go on meanwhile."
)
"""For every fault that has no words of its own."""
ADVICE: dict[FaultCode, str] = {
    FaultCode.NOT_FOUND: N_(
        "No camera is found. Check its cable at both ends, then test it on the technician page. "
        "Fingers go on meanwhile."
    ),
    FaultCode.DISCONNECTED: N_(
        "The camera was unplugged. Put its cable back; the camera comes back by itself."
    ),
    FaultCode.NO_ANSWER: N_(
        "The camera does not answer. The station starts it again by itself; after a minute "
        "without success check its cable."
    ),
    FaultCode.HUNG: N_(
        "The camera got stuck and is being started again. Wait a few seconds, then take the "
        "portrait again."
    ),
    FaultCode.BAD_DATA: N_(
        "The camera sends broken pictures. Check its cable; if the problem persists, call a "
        "technician."
    ),
    FaultCode.SLOW: N_(
        "The camera is slow. Go on; if portraits take longer than ten seconds, call a technician."
    ),
    FaultCode.NO_RIGHTS: N_(
        "The station may not use the camera. Fingers go on meanwhile. Call a technician: run “sudo "
        "usermod -aG video tram”, then “sudo systemctl restart tram”."
    ),
    FaultCode.KEPT_OUT: N_(
        "The system keeps the station away from the camera. Fingers go on meanwhile. Call a "
        "technician: the unit tram.service needs the lines DeviceAllow= for video4linux, media and "
        "dma_heap, as in provisioning/units/tram.service."
    ),
    FaultCode.TAKEN: N_(
        "Another program holds the camera. Fingers go on meanwhile. Call a technician: “sudo fuser "
        "-v /dev/media*” names the program; when it ends, the camera comes back by itself."
    ),
}
