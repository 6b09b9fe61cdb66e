"""The R503's command set, memories and light, without its line.

Commands, codes and parameter numbers are those of the "R503 fingerprint module user manual"
(Hangzhou Grow Technology, V1.2). Flash (baud, packet size, security, templates) outlives a power
cycle, RAM (image, character buffers, light) does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hw.twins.finger import packets, skin
from hw.twins.finger.matcher import LEAST_SCORE, Template, Unusable, merged, score, template

CAPACITY = 200
IMAGE_BYTES = skin.SENSOR_PX * skin.SENSOR_PX // 2
PACKET_SIZES = (32, 64, 128, 256)
BAUD_STEPS = (1, 2, 4, 6, 12)
"""Multiples of 9600 that the sensor takes."""
HANDSHAKE = b"\x55"

OK, PACKET_ERROR, NO_FINGER, ENROLL_MISMATCH = 0x00, 0x01, 0x02, 0x0A
NO_MATCH, NOT_FOUND, BAD_SLOT, LOAD_FAILED = 0x08, 0x09, 0x0B, 0x0C
WRONG_PASSWORD, NO_IMAGE, BAD_REGISTER = 0x13, 0x15, 0x1A

GEN_IMG, IMG_2_TZ, MATCH, SEARCH, REG_MODEL, STORE = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
LOAD_CHAR, UP_IMAGE, DELETE_CHAR, EMPTY = 0x07, 0x0A, 0x0C, 0x0D
SET_SYS_PARA, READ_SYS_PARA, VFY_PWD, HISPEED_SEARCH = 0x0E, 0x0F, 0x13, 0x1B
TEMPLATE_NUM, READ_INDEX, AURA, SOFT_RESET = 0x1D, 0x1F, 0x35, 0x3D
CHECK_SENSOR, READ_PROD_INFO, HANDSHAKE_CMD = 0x36, 0x3C, 0x40

WORK_S = {
    GEN_IMG: 0.15,
    IMG_2_TZ: 0.12,
    REG_MODEL: 0.05,
    STORE: 0.06,
    SEARCH: 0.08,
    HISPEED_SEARCH: 0.08,
    MATCH: 0.03,
    EMPTY: 0.12,
    DELETE_CHAR: 0.03,
    SET_SYS_PARA: 0.02,
}
"""How long the sensor itself works, in seconds ("scanning speed < 0.2 s")."""
NO_FINGER_S = 0.02
QUICK_S = 0.002


@dataclass
class Answer:
    """What goes back: an acknowledgement, then data packets. ``baud`` takes effect after it."""

    ack: bytes
    work_s: float | None = None
    data: list[bytes] = field(default_factory=list)
    baud: int | None = None


@dataclass
class Sensor:
    baud: int = 57600
    packet_bytes: int = 128
    security: int = 3
    flash: dict[int, Template] = field(default_factory=dict)
    touch: skin.Touch | None = None
    led: dict[str, int] = field(default_factory=lambda: {"mode": 4, "colour": 0})
    images: int = 0

    def __post_init__(self) -> None:
        self._glass: tuple[skin.Touch, NDArray[np.uint8]] | None = None
        self.power_cycle()

    def power_cycle(self) -> None:
        """RAM is lost, flash stays."""
        self._image: NDArray[np.uint8] | None = None
        self._made: Template | None = None
        self._chars: dict[int, Template] = {}
        self.led = {"mode": 4, "colour": 0}

    def answer(self, command: bytes) -> Answer:
        """Do what ``command`` (a payload, b"" when its sum was wrong) says."""
        if not command:
            return Answer(_ack(PACKET_ERROR))
        code, arguments = command[0], command[1:]
        work = _COMMANDS.get(code)
        if work is None:
            return Answer(_ack(PACKET_ERROR))
        try:
            reply = work(self, arguments)
        except (IndexError, Unusable) as error:
            reply = Answer(_ack(error.code if isinstance(error, Unusable) else PACKET_ERROR))
        if reply.work_s is None:
            reply.work_s = WORK_S.get(code, QUICK_S)
        return reply

    # ---- image ---------------------------------------------------------------------------

    def _gen_img(self, _: bytes) -> Answer:
        if self.touch is None:
            return Answer(_ack(NO_FINGER), work_s=NO_FINGER_S)
        if self._glass is None or self._glass[0] != self.touch:
            self._glass = (self.touch, skin.pressed(self.touch))
        if self._image is not self._glass[1]:
            self._image, self._made = self._glass[1], None
        self.images += 1
        return Answer(_ack(OK))

    def _up_image(self, _: bytes) -> Answer:
        if self._image is None:
            return Answer(_ack(NO_IMAGE))
        flat = self._image.ravel()
        wire = ((flat[0::2] << 4) | flat[1::2]).astype(np.uint8).tobytes()
        return Answer(_ack(OK), data=packets.transfer(wire, self.packet_bytes))

    # ---- templates -----------------------------------------------------------------------

    def _img_2_tz(self, arguments: bytes) -> Answer:
        buffer = arguments[0]
        if self._image is None:
            return Answer(_ack(NO_IMAGE))
        if self._made is None:
            self._made = template(self._image)
        self._chars[buffer] = self._made
        return Answer(_ack(OK))

    def _reg_model(self, _: bytes) -> Answer:
        if not {1, 2} <= self._chars.keys():
            return Answer(_ack(ENROLL_MISMATCH))
        model = merged(self._chars[1], self._chars[2])
        if model is None:
            return Answer(_ack(ENROLL_MISMATCH))
        self._chars[1] = self._chars[2] = model
        return Answer(_ack(OK))

    def _store(self, arguments: bytes) -> Answer:
        buffer, slot = arguments[0], arguments[1] << 8 | arguments[2]
        if slot >= CAPACITY:
            return Answer(_ack(BAD_SLOT))
        if buffer not in self._chars:
            return Answer(_ack(ENROLL_MISMATCH))
        self.flash[slot] = self._chars[buffer]
        return Answer(_ack(OK))

    def _load_char(self, arguments: bytes) -> Answer:
        buffer, slot = arguments[0], arguments[1] << 8 | arguments[2]
        if slot not in self.flash:
            return Answer(_ack(BAD_SLOT if slot >= CAPACITY else LOAD_FAILED))
        self._chars[buffer] = self.flash[slot]
        return Answer(_ack(OK))

    def _match(self, _: bytes) -> Answer:
        if not {1, 2} <= self._chars.keys():
            return Answer(_ack(NO_MATCH) + b"\0\0")
        points = score(self._chars[1], self._chars[2])
        code = OK if points >= LEAST_SCORE[self.security] else NO_MATCH
        return Answer(_ack(code) + (points if code == OK else 0).to_bytes(2, "big"))

    def _search(self, arguments: bytes) -> Answer:
        buffer = arguments[0]
        first = int.from_bytes(arguments[1:3], "big")
        last = first + int.from_bytes(arguments[3:5], "big")
        nothing = Answer(_ack(NOT_FOUND) + bytes(4))
        asking = self._chars.get(buffer)
        if asking is None:
            return nothing
        scores = {s: score(asking, t) for s, t in self.flash.items() if first <= s < last}
        best = max(scores, key=scores.__getitem__, default=None)
        if best is None or scores[best] < LEAST_SCORE[self.security]:
            return nothing
        return Answer(_ack(OK) + best.to_bytes(2, "big") + scores[best].to_bytes(2, "big"))

    def _delete(self, arguments: bytes) -> Answer:
        first = int.from_bytes(arguments[0:2], "big")
        count = int.from_bytes(arguments[2:4], "big")
        if first + count > CAPACITY:
            return Answer(_ack(0x10))
        for slot in range(first, first + count):
            self.flash.pop(slot, None)
        return Answer(_ack(OK))

    def _empty(self, _: bytes) -> Answer:
        self.flash.clear()
        return Answer(_ack(OK))

    def _template_num(self, _: bytes) -> Answer:
        return Answer(_ack(OK) + len(self.flash).to_bytes(2, "big"))

    def _read_index(self, arguments: bytes) -> Answer:
        table = bytearray(32)
        for slot in self.flash:
            if slot // 256 == arguments[0]:
                table[slot % 256 // 8] |= 1 << slot % 8
        return Answer(_ack(OK) + bytes(table))

    # ---- system --------------------------------------------------------------------------

    def _verify_password(self, arguments: bytes) -> Answer:
        return Answer(_ack(OK if arguments == bytes(4) else WRONG_PASSWORD))

    def _read_sys_para(self, _: bytes) -> Answer:
        words = (0, 9, CAPACITY, self.security)
        tail = (PACKET_SIZES.index(self.packet_bytes), self.baud // 9600)
        body = b"".join(word.to_bytes(2, "big") for word in words)
        return Answer(
            _ack(OK) + body + b"\xff" * 4 + b"".join(word.to_bytes(2, "big") for word in tail)
        )

    def _set_sys_para(self, arguments: bytes) -> Answer:
        number, value = arguments[0], arguments[1]
        reply = Answer(_ack(OK))
        if number == 4 and value in BAUD_STEPS:
            reply.baud = value * 9600
        elif number == 5 and value in LEAST_SCORE:
            self.security = value
        elif number == 6 and value < len(PACKET_SIZES):
            self.packet_bytes = PACKET_SIZES[value]
        else:
            return Answer(_ack(BAD_REGISTER))
        return reply

    def _aura(self, arguments: bytes) -> Answer:
        mode, _speed, colour, _cycles = arguments[:4]
        if not 1 <= mode <= 6 or not 1 <= colour <= 7:
            return Answer(_ack(BAD_REGISTER))
        self.led = {"mode": mode, "colour": colour}
        return Answer(_ack(OK))

    def _soft_reset(self, _: bytes) -> Answer:
        self.power_cycle()
        return Answer(_ack(OK), data=[HANDSHAKE])

    def _check(self, _: bytes) -> Answer:
        return Answer(_ack(OK))

    def _prod_info(self, _: bytes) -> Answer:
        """Module type (16), batch (4), serial (8), hardware (2), sensor (8), width, height,
        templates (2 each): the fields the manual names, for a module of the old firmware."""
        side = skin.SENSOR_PX.to_bytes(2, "big")
        return Answer(
            _ack(OK)
            + b"R503".ljust(16, b"\0")
            + b"0001"
            + b"TWIN0001"
            + b"\x01\x02"
            + b"AP10".ljust(8, b"\0")
            + side
            + side
            + CAPACITY.to_bytes(2, "big")
        )


def _ack(code: int) -> bytes:
    return bytes([code])


_COMMANDS: dict[int, Callable[[Sensor, bytes], Answer]] = {
    GEN_IMG: Sensor._gen_img,
    IMG_2_TZ: Sensor._img_2_tz,
    MATCH: Sensor._match,
    SEARCH: Sensor._search,
    HISPEED_SEARCH: Sensor._search,
    REG_MODEL: Sensor._reg_model,
    STORE: Sensor._store,
    LOAD_CHAR: Sensor._load_char,
    UP_IMAGE: Sensor._up_image,
    DELETE_CHAR: Sensor._delete,
    EMPTY: Sensor._empty,
    SET_SYS_PARA: Sensor._set_sys_para,
    READ_SYS_PARA: Sensor._read_sys_para,
    VFY_PWD: Sensor._verify_password,
    TEMPLATE_NUM: Sensor._template_num,
    READ_INDEX: Sensor._read_index,
    AURA: Sensor._aura,
    SOFT_RESET: Sensor._soft_reset,
    CHECK_SENSOR: Sensor._check,
    HANDSHAKE_CMD: Sensor._check,
    READ_PROD_INFO: Sensor._prod_info,
}
