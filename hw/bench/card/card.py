"""Program of the bench's card: the hand at the booth's Pico, and the eye on its lamps.

One JSON object a line comes in over USB, one goes out, as at the twins' side channel
(hw/twins/control.py): ``press`` (button, ms, bounce), ``lid`` (open), ``lights``, ``reset`` (cause
power: the supply is cut for ``OFF_MS``), ``power`` (on), ``put`` (the dummy finger on the glass,
whosever is asked for) and ``lift``, ``heal`` (everything let go, power on), ``hello``. What a hand
of wires cannot do is answered with ``unable``: the rig skips such a test with that reason.

Every line is let go and the power is on when the program starts: a card that is restarted holds no
button. MicroPython 1.25 or newer; nothing here needs a library.
"""

import json
import sys
import time

import machine
import wiring
from ring import Ring

PRESSED_MS = 250
RELEASED_MS = 100
BOUNCES = 4
OFF_MS = 500  # longer than the supply's capacitors hold a Pico
TONE_US = 20_000  # half a wave of 25 Hz: below every tone, above every pause of the look
SERVO_HZ = 50
SERVO_OFF_US = 1000
SERVO_ON_US = 2000
SERVO_MS = 400  # a small servo's half turn
LINE_MAX = 240


class Unable(Exception):
    """Nothing on this bench does that."""


class Card:
    def __init__(self):
        drain = machine.Pin.OPEN_DRAIN
        self.buttons = {
            name: machine.Pin(pin, drain, value=1) for name, pin in wiring.BUTTONS.items()
        }
        self.lid = machine.Pin(wiring.LID, drain, value=0)
        self.lamps = {name: machine.Pin(pin, machine.Pin.IN) for name, pin in wiring.LAMPS.items()}
        self.buzzer = machine.Pin(wiring.BUZZER, machine.Pin.IN)
        self.power = machine.Pin(wiring.POWER, machine.Pin.OUT, value=0)
        self.servo = machine.PWM(machine.Pin(wiring.FINGER), freq=SERVO_HZ)
        self.ring = Ring(wiring.RING)
        self.finger(False)

    def finger(self, on):
        self.servo.duty_ns((SERVO_ON_US if on else SERVO_OFF_US) * 1000)

    def heal(self):
        for button in self.buttons.values():
            button.value(1)
        self.lid.value(0)
        self.power.value(0)
        self.finger(False)

    def press(self, name, ms, bounce):
        if name not in self.buttons:
            raise ValueError("no button " + str(name))
        button = self.buttons[name]
        for _ in range(BOUNCES if bounce else 0):
            button.value(0)
            time.sleep_ms(1)
            button.value(1)
            time.sleep_ms(1)
        button.value(0)
        time.sleep_ms(ms)
        button.value(1)
        time.sleep_ms(RELEASED_MS)

    def set_power(self, on):
        self.power.value(0 if on else 1)
        self.ring.begin()  # a frame that was cut off would shift all later ones

    def half_us(self, level):
        """A whole half wave: what is under way already is let pass (time_pulse_us would count its
        rest: extmod/machine_pulse.c)."""
        machine.time_pulse_us(self.buzzer, level, TONE_US)
        return machine.time_pulse_us(self.buzzer, level, TONE_US)

    def tone_hz(self):
        """Of the buzzer's line: 0 when it is still."""
        high = self.half_us(1)
        low = self.half_us(0)
        return round(1_000_000 / (high + low)) if high > 0 and low > 0 else 0

    def lights(self):
        seen = {name: bool(pin.value()) for name, pin in self.lamps.items()}
        seen["buzzer_hz"] = self.tone_hz()
        seen["ring"] = self.ring.pixels()
        return seen

    def do(self, request):
        op = request["op"]
        if op == "press":
            self.press(
                request["button"], int(request.get("ms", PRESSED_MS)), request.get("bounce", False)
            )
        elif op == "lid":
            self.lid.value(1 if request["open"] else 0)
        elif op == "lights":
            return self.lights()
        elif op == "reset" and request.get("cause", "power") == "power":
            self.set_power(False)
            time.sleep_ms(OFF_MS)
            self.set_power(True)
        elif op == "power":
            self.set_power(bool(request["on"]))
        elif op == "put" or op == "lift":
            self.finger(op == "put")
            time.sleep_ms(SERVO_MS)
        elif op == "heal":
            self.heal()
        elif op == "hello":
            return {"card": 1}
        else:
            raise Unable(json.dumps(request))
        return {}


def answer(card, line):
    """The answer to one ``line``, whatever it holds."""
    try:
        result = card.do(json.loads(line))
        result["ok"] = True
        return result
    except Unable as error:
        return {"ok": False, "unable": True, "error": "a card of wires cannot do " + str(error)}
    except Exception as error:  # a bad line must not end the hand
        return {"ok": False, "error": type(error).__name__ + ": " + str(error)}


def run():
    card = Card()
    while True:
        line = sys.stdin.readline()
        if not line:
            return
        if line.strip():
            sys.stdout.write(json.dumps(answer(card, line)) + "\n")
