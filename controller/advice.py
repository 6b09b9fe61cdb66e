"""What the operator does when a device cannot do its job: one message for each device and fault.

Each says what happened and what to do, and how the line goes on meanwhile. A pair that cannot
happen (a camera without paper) falls back to the device's general advice. That of the devices that
stages need stands in their folders (``controller/stages``).
"""

from __future__ import annotations

from controller import stages
from controller.fault import DeviceFault
from controller.views import Message
from edge.journal.events import Device, FaultCode
from ground.error import TramError
from ground.text import N_

UNEXPECTED = N_(
    "Something went wrong in the station. Try again; if the problem persists, call a technician."
)
"""For errors nobody foresaw."""

_GENERAL: dict[Device, str] = {
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
        "The wires that report the power supply cannot be read: the booth does not know when its "
        "mains fail. Go on; call a technician after the shift."
    ),
}

_SPECIAL: dict[tuple[Device, FaultCode], str] = {
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
_POWER_OPENING: dict[FaultCode, str] = {
    FaultCode.NOT_FOUND: N_(
        "The configuration names a GPIO chip that this machine does not have, so the booth does "
        "not know when its mains fail. Go on; call a technician: “gpiodetect” lists the chips, "
        "and “lines” in station.toml names one."
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


def device_advice(device: Device, fault: FaultCode) -> str:
    """Message id (no fields) of what happened to ``device`` and what to do about it."""
    if device is Device.PRINTER:  # it has no port of its own
        return _SPECIAL.get((device, fault), _GENERAL[device])
    if device is Device.POWER and fault in _POWER_OPENING:
        return _POWER_OPENING[fault]
    stage = stages.at(device)
    if stage is not None and fault in stage.advice:
        return stage.advice[fault]
    if fault in _SERIAL_OPENING:
        return _SERIAL_OPENING[fault]
    return stage.advice_else if stage else _SPECIAL.get((device, fault), _GENERAL[device])


def advice_of(error: TramError) -> Message:
    """What the operator reads of ``error``: a device's remedy where the error has none itself."""
    if isinstance(error, DeviceFault):
        return Message(device_advice(error.device, error.code))
    return Message(error.advice, error.params)
