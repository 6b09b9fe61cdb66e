"""The spoken call, by the real espeak-ng into files, and by programs that fail as it may."""

from __future__ import annotations

import asyncio
import os
import stat
import wave
from pathlib import Path

import pytest

from controller.voice import NO_PROGRAM, NO_SOUND, Voice, sentence


def stand_in(folder: Path, script: str) -> None:
    """A program named espeak-ng in ``folder`` that does what ``script`` says."""
    program = folder / "espeak-ng"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def on_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder that is searched for programs before all others."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path


def test_the_call_is_a_sentence_in_both_languages() -> None:
    assert sentence(12, 2) == "Mời số 12 đến bàn 2"
    assert sentence(12, 2, "en") == "Number 12, please come to desk 2"


async def test_it_is_spoken(tmp_path: Path) -> None:
    file = tmp_path / "call.wav"
    assert await Voice(True, options=("-w", str(file))).say(12, 2) is None
    with wave.open(str(file)) as sound:
        seconds = sound.getnframes() / sound.getframerate()
        loud = max(sound.readframes(sound.getnframes()))
    assert 1.0 < seconds < 6.0
    assert loud > 0


async def test_switched_off_it_says_nothing(tmp_path: Path) -> None:
    file = tmp_path / "call.wav"
    assert await Voice(False, options=("-w", str(file))).say(12, 2) is None
    assert not file.exists()


async def test_a_missing_program_is_told_not_raised(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert await Voice(True).say(12, 2) == NO_PROGRAM


async def test_a_program_that_fails_is_told_not_raised(on_path: Path) -> None:
    stand_in(on_path, "exit 1")
    assert await Voice(True).say(12, 2) == NO_SOUND


async def test_calls_are_spoken_one_at_a_time_in_order_and_stale_ones_dropped(
    on_path: Path,
) -> None:
    stand_in(on_path, f'echo "+$7" >> {on_path}/log; sleep 0.05; echo "-$7" >> {on_path}/log')
    voice = Voice(True, options=("-a", "100"))
    await asyncio.gather(voice.say(1, 1), voice.say(2, 2), voice.say(3, 3), voice.say(4, 2))
    spoken = (on_path / "log").read_text().split("\n")
    calls = [sentence(1, 1), sentence(3, 3), sentence(4, 2)]
    assert spoken == [mark + call for call in calls for mark in "+-"] + [""]


async def test_cancelling_ends_the_program(on_path: Path) -> None:
    pipe = on_path / "pid"
    os.mkfifo(pipe)
    stand_in(on_path, f"echo $$ > {pipe}; exec sleep 60")
    call = asyncio.create_task(Voice(True).say(12, 2))
    pid = int(await asyncio.to_thread(pipe.read_text))
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
