"""The booth in the machine as tests meet it: its console's API, its units, hands at its twins."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.install.technician import PASSPHRASES
from tests.vm.machine import Machine

GUEST = Path(__file__).parent / "guest"
PLACE = "/opt/tram-test"
TWINS = "/run/twins"
PYTHON = "/opt/tram/.venv/bin/python"
CONFIG = "/etc/tram/station.toml"
PICO_SERIAL = "e660c0d1c7123456"
PICO = f"/dev/serial/by-id/usb-MicroPython_Board_in_FS_mode_{PICO_SERIAL}-if00"
REQUEST = r"""
began=$EPOCHREALTIME
exec 3<>/dev/tcp/127.0.0.1/8080
printf '%s /api/v1/%s HTTP/1.0\r\nHost: 127.0.0.1\r\n' {method} {path} >&3
printf '{header}Content-Length: {length}\r\n\r\n' >&3
cat >&3
cat <&3
echo "$began $EPOCHREALTIME" >&2
"""


class Booth:
    """A machine that is up. Nothing is plugged in at first."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._token = ""
        self.took_s = 0.0
        """Seconds of the machine's that the last request took, and its asking."""
        for program in GUEST.glob("*.py"):
            machine.put(f"{PLACE}/{program.name}", program.read_text(encoding="utf-8"))

    def place(self, program: str) -> str:
        """Where a program of ``tests/vm/guest`` lies in the machine."""
        return f"{PLACE}/{program}"

    # ---- devices -------------------------------------------------------------------------------

    def twins(self, *devices: str) -> None:
        """Start twins of these devices, and those that they need."""
        self.run_on("twins", PYTHON, self.place("twins.py"), TWINS, *devices)
        for device in devices:
            self._until_there(f"{TWINS}/{device}.ctl")

    def cable(self, name: str, number: int, kind: str, serial: str = "") -> None:
        """From the twin ``name`` to USB socket ``number`` (``dummy_hcd``'s, from 0)."""
        udc = f"dummy_udc.{number}"
        words = (self.place("cable.py"), name, udc, kind, f"{TWINS}/{name}", serial)
        self.run_on(f"cable-{name}", "/usr/bin/python3", "-I", *words)

    def do(self, *requests: tuple[str, str, dict[str, Any]]) -> list[dict[str, Any]]:
        """What hands do at twins, one after the other; the answers."""
        lines = "".join(json.dumps(request) + "\n" for request in requests)
        words = ("/usr/bin/python3", "-I", self.place("hands.py"), TWINS)
        answers = [
            json.loads(line) for line in self.machine.run(*words, input=lines).stdout.splitlines()
        ]
        refused = [answer for answer in answers if not answer.pop("ok")]
        assert not refused, (requests, refused)
        assert len(answers) == len(requests), (requests, answers)
        return answers

    def _until_there(self, path: str) -> None:
        there = ("test", "-e", path)
        self.machine.until(
            lambda: self.machine.run(*there, check=False).returncode == 0, f"{path} in the machine"
        )

    # ---- the station ---------------------------------------------------------------------------

    def devices(self, **ports: str) -> None:
        """Write the devices' ports into the station's configuration, and restart it."""
        old = self.machine.sh(f"cat {CONFIG}")
        named = "".join(f'{name} = "{port}"\n' for name, port in ports.items())
        new = re.sub(r"(?ms)^\[devices\].*?(?=^\[)", f"[devices]\n{named}\n", old)
        self.machine.put(CONFIG, new)
        self.machine.sh("systemctl restart tram")
        self.console_answers()

    def console_answers(self) -> None:
        self.machine.until(self.answers, "the console")

    def answers(self) -> bool:
        return self._ask("GET", "state", {}) is not None

    def state(self) -> dict[str, Any]:
        state = self._ask("GET", "state", {})
        assert state is not None, self.machine.log("tram")
        return state

    def device(self, name: str) -> dict[str, Any]:
        (found,) = (each for each in self.state()["devices"] if each["device"] == name)
        return dict(found)

    def until_device(self, name: str, health: str, fault: str | None = None) -> None:
        seen: dict[str, Any] = {}

        def is_so() -> bool:
            seen.update(self.device(name))
            return seen["health"] == health and fault in (None, seen["fault"])

        try:
            self.machine.until(is_so, f"{name} {health} {fault or ''}")
        except AssertionError as error:
            raise AssertionError(f"{error}: {seen}\n{self.machine.log('tram')[-2000:]}") from None

    def sign_in(self) -> float:
        """Operator 1 signs in. How many seconds of the machine's the station took over it."""
        answer = self.order("unlock", operator="OP1", passphrase=PASSPHRASES["OP1"])
        self._token = answer["token"]
        return self.took_s

    def order(self, command: str, **body: Any) -> dict[str, Any]:
        answer = self._ask("POST", command, body)
        assert answer is not None, f"{command}: no answer"
        return answer

    def _ask(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """None when the console does not answer, or not with 200."""
        content = json.dumps(body) if method == "POST" else ""
        header = f"Authorization: Bearer {self._token}\\r\\n" if self._token else ""
        header += "Content-Type: application/json\\r\\n" if content else ""
        script = REQUEST.format(
            path=path, header=header, length=len(content.encode()), method=method
        )
        done = self.machine.run("bash", "-ec", script, input=content, check=False)
        if done.returncode == 0:
            began, ended = map(float, done.stderr.split())
            self.took_s = ended - began
        head, _, answer = done.stdout.partition("\r\n\r\n")
        if done.returncode != 0 or " 200 " not in head.split("\r\n")[0]:
            return None
        said: dict[str, Any] = json.loads(answer)
        return said

    def run_on(self, unit: str, *words: str) -> None:
        """A program that runs beside the tests, as a unit of its own."""
        run: Sequence[str] = (
            *("systemd-run", "--quiet", f"--unit={unit}", "--working-directory=/opt/tram"),
            "--setenv=TRAM_MICROPYTHON=/usr/bin/micropython",
        )
        self.machine.run(*run, *words)
