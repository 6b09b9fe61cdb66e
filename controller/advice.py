"""What the operator does when a device cannot do its job: one message for each device and fault.

Each says what happened and what to do, and how the line goes on meanwhile. A pair that cannot
happen (a camera without paper) falls back to the device's general advice.
"""

from __future__ import annotations

from controller.devices.fault import DeviceFault
from controller.views import Message
from edge.journal.events import Device, FaultCode
from ground.error import TramError
from ground.text import N_

UNEXPECTED = N_("Something went wrong in the station. Try again; if it stays, call a technician.")
"""For errors nobody foresaw."""

_GENERAL: dict[Device, str] = {
    Device.CAMERA: N_(
        "The camera does not work. Test it on the technician page; if it stays so, call a "
        "technician. Fingers and papers go on meanwhile."
    ),
    Device.FINGERPRINT: N_(
        "The fingerprint scanner does not work. Test it on the technician page; if it stays so, "
        "call a technician. Portraits go on meanwhile."
    ),
    Device.SCANNER: N_(
        "The card scanner does not work. Type the number or read the card by camera meanwhile, "
        "and test the scanner on the technician page."
    ),
    Device.PERIPHERALS: N_(
        "The box of buttons and lights does not work. Call numbers aloud and confirm on the "
        "screen meanwhile; test it on the technician page."
    ),
    Device.PRINTER: N_(
        "The printer does not work. No dossier is lost: papers are printed as soon as it is back. "
        "Write ticket numbers by hand meanwhile."
    ),
    Device.POWER: N_(
        "The wires that tell of the power supply cannot be read: the booth does not know when its "
        "mains fail. Go on; call a technician after the shift."
    ),
}

_SPECIAL: dict[tuple[Device, FaultCode], str] = {
    (Device.CAMERA, FaultCode.NOT_FOUND): N_(
        "No camera is found. Check its cable at both ends, then test it on the technician page. "
        "Fingers go on meanwhile."
    ),
    (Device.CAMERA, FaultCode.DISCONNECTED): N_(
        "The camera was unplugged. Put its cable back; the camera comes back by itself."
    ),
    (Device.CAMERA, FaultCode.NO_ANSWER): N_(
        "The camera does not answer. The station starts it again by itself; after a minute "
        "without success check its cable."
    ),
    (Device.CAMERA, FaultCode.HUNG): N_(
        "The camera got stuck and is being started again. Wait a few seconds, then take the "
        "portrait again."
    ),
    (Device.CAMERA, FaultCode.BAD_DATA): N_(
        "The camera sends broken pictures. Check its cable; if it stays so, call a technician."
    ),
    (Device.CAMERA, FaultCode.SLOW): N_(
        "The camera is slow. Go on; if portraits take longer than ten seconds, call a technician."
    ),
    (Device.FINGERPRINT, FaultCode.NOT_FOUND): N_(
        "No fingerprint scanner is found. Check its cable, then test it on the technician page. "
        "Portraits go on meanwhile."
    ),
    (Device.FINGERPRINT, FaultCode.DISCONNECTED): N_(
        "The fingerprint scanner was unplugged. Put its cable back; the fingers go on where they "
        "stopped."
    ),
    (Device.FINGERPRINT, FaultCode.NO_ANSWER): N_(
        "The fingerprint scanner does not answer. Pull its cable, wait three seconds and put it "
        "back; the fingers go on where they stopped."
    ),
    (Device.FINGERPRINT, FaultCode.HUNG): N_(
        "The fingerprint scanner got stuck and is being started again. Ask the citizen to lift "
        "the finger and to put it down again."
    ),
    (Device.FINGERPRINT, FaultCode.BAD_DATA): N_(
        "The fingerprint scanner sends damaged data. Check its cable and keep it away from power "
        "cables; the finger is taken again."
    ),
    (Device.FINGERPRINT, FaultCode.REFUSED): N_(
        "The fingerprint scanner refused. Wipe its glass with a dry cloth and put the finger down "
        "again."
    ),
    (Device.FINGERPRINT, FaultCode.RESTARTED): N_(
        "The fingerprint scanner has started again by itself. Take the finger again; if it "
        "happens often, call a technician."
    ),
    (Device.FINGERPRINT, FaultCode.SLOW): N_(
        "The fingerprint scanner is slow. Go on; call a technician after the shift."
    ),
    (Device.SCANNER, FaultCode.NOT_FOUND): N_(
        "No card scanner is found. Check its cable. Type the number or read the card by camera "
        "meanwhile."
    ),
    (Device.SCANNER, FaultCode.DISCONNECTED): N_(
        "The card scanner was unplugged. Put its cable back. Type the number or read the card by "
        "camera meanwhile."
    ),
    (Device.SCANNER, FaultCode.NO_ANSWER): N_(
        "The card scanner does not answer. Pull its cable and put it back. Type the number "
        "meanwhile."
    ),
    (Device.SCANNER, FaultCode.BAD_DATA): N_(
        "The card scanner read something unreadable. Wipe the card and scan it again, or type the "
        "number."
    ),
    (Device.PERIPHERALS, FaultCode.NOT_FOUND): N_(
        "The box of buttons and lights is not found. Check its USB cable. Confirm on the screen "
        "meanwhile."
    ),
    (Device.PERIPHERALS, FaultCode.DISCONNECTED): N_(
        "The box of buttons and lights was unplugged. Put its USB cable back; print jobs go on "
        "where they stopped. Confirm on the screen meanwhile."
    ),
    (Device.PERIPHERALS, FaultCode.NO_ANSWER): N_(
        "The box of buttons and lights does not answer. Pull its USB cable, wait three seconds "
        "and put it back. Confirm on the screen meanwhile."
    ),
    (Device.PERIPHERALS, FaultCode.BAD_DATA): N_(
        "The line to the box of buttons and lights is disturbed. Put its USB cable into another "
        "socket. Nothing is lost meanwhile."
    ),
    (Device.PERIPHERALS, FaultCode.RESTARTED): N_(
        "The box of buttons and lights has started again by itself. Go on; if it happens often, "
        "check the power supply."
    ),
    (Device.PERIPHERALS, FaultCode.WRONG_FIRMWARE): N_(
        "The box of buttons and lights runs another version than this station. A technician has "
        "to load the right one. Confirm on the screen meanwhile."
    ),
    (Device.PERIPHERALS, FaultCode.OVERHEATED): N_(
        "The booth is too hot. Open its air vents, shade it from the sun, and let it cool down."
    ),
    (Device.PERIPHERALS, FaultCode.LOW_VOLTAGE): N_(
        "The power supply is weak. Use the booth's own power adapter and check its plug."
    ),
    (Device.POWER, FaultCode.ON_BATTERY): N_(
        "The mains have failed and the booth runs on its battery. Go on with those who are in the "
        "line, and see to the plug and the fuse. Nothing is lost when the booth switches itself "
        "off."
    ),
    (Device.POWER, FaultCode.LOW_VOLTAGE): N_(
        "The battery is nearly empty. Give cards back and begin nothing new: the booth switches "
        "itself off. Nothing is lost."
    ),
    (Device.PRINTER, FaultCode.PAPER_OUT): N_(
        "The printer is out of paper. Put in a new roll and close the cover; printing goes on by "
        "itself, nothing is printed twice."
    ),
    (Device.PRINTER, FaultCode.COVER_OPEN): N_(
        "The printer's cover is open. Close it until it clicks; printing goes on by itself."
    ),
    (Device.PRINTER, FaultCode.OVERHEATED): N_(
        "The print head is too hot. Wait a minute; printing goes on by itself."
    ),
    (Device.PRINTER, FaultCode.NO_ANSWER): N_(
        "The printer does not answer. Switch it off and on, and check its cable; papers are "
        "printed as soon as it is back."
    ),
    (Device.PRINTER, FaultCode.DISCONNECTED): N_(
        "The printer has lost its connection. Check the USB cable of the box of buttons and "
        "lights; papers are printed as soon as it is back."
    ),
    (Device.PRINTER, FaultCode.NOT_FOUND): N_(
        "No printer is found. Check its cable and power; write ticket numbers by hand meanwhile."
    ),
}


_SERIAL_OPENING: dict[FaultCode, str] = {
    FaultCode.NO_RIGHTS: N_(
        "The station may not use this device. Go on without it and call a technician: run “sudo "
        "usermod -aG dialout tram”, then “sudo systemctl restart tram”."
    ),
    FaultCode.KEPT_OUT: N_(
        "The system keeps the station away from this device. Go on without it and call a "
        "technician: the unit tram.service needs a line DeviceAllow= for it, as in "
        "provisioning/units/tram.service."
    ),
    FaultCode.TAKEN: N_(
        "Another program holds this device. Go on without it and call a technician: “sudo fuser "
        "-v” with the device's path names the program; when it ends, the device comes back by "
        "itself."
    ),
}
"""What the technician does is the same for all that stand behind a serial port."""
_CAMERA_OPENING: dict[FaultCode, str] = {
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


_POWER_OPENING: dict[FaultCode, str] = {
    FaultCode.NOT_FOUND: N_(
        "The configuration names a chip of pins that this machine has not, and the booth does not "
        "know when its mains fail. Go on; call a technician: “gpiodetect” lists the chips, and "
        "“lines” in the file of the station names one."
    ),
    FaultCode.NO_RIGHTS: N_(
        "The station may not read the wires of the power supply. Go on; call a technician: run "
        "“sudo usermod -aG gpio tram”, then “sudo systemctl restart tram”."
    ),
    FaultCode.KEPT_OUT: N_(
        "The system keeps the station away from the wires of the power supply. Go on; call a "
        "technician: the unit tram.service needs the line DeviceAllow=char-gpiochip, as in "
        "provisioning/units/tram.service."
    ),
    FaultCode.TAKEN: N_(
        "Another program holds a wire of the power supply. Go on; call a technician: “gpioinfo” "
        "names the program; when it ends, the wire comes back by itself."
    ),
}
_OPENING = {Device.CAMERA: _CAMERA_OPENING, Device.POWER: _POWER_OPENING}


def device_advice(device: Device, fault: FaultCode) -> str:
    """Message id (no fields) of what happened to ``device`` and what to do about it."""
    opening = _OPENING.get(device, _SERIAL_OPENING)
    if device is not Device.PRINTER and fault in opening:  # the printer has no port of its own
        return opening[fault]
    return _SPECIAL.get((device, fault), _GENERAL[device])


def advice_of(error: TramError) -> Message:
    """What the operator reads of ``error``: a device's remedy where the error has none itself."""
    if isinstance(error, DeviceFault):
        return Message(device_advice(error.device, error.code))
    return Message(error.advice, error.params)
