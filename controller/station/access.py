"""Unlock with a passphrase, lock, idle lock, lock-out after wrong tries: all journaled."""

from __future__ import annotations

import asyncio
import secrets
import time

from controller.commands import Done, Lock, Session, Unlock
from controller.dossier.names import numbered
from controller.dossier.state import Dossier, Stage
from controller.roster.seal import unseal
from controller.roster.table import Roster
from controller.state import line_devices
from controller.station.core import Core, log
from controller.station.record import Record, decode
from controller.vault import keys as vault_keys
from controller.vault.lockout import WAIT, Moment
from edge.journal import events as e
from ground.decode import Malformed
from ground.error import InputError, NotAllowed, TramError
from ground.serve.places import Places, mark_of
from ground.text import N_

PLACES, PLACES_KEPT = 8, 3
"""Tries checked or waiting for it: a quarter of a minute on a Pi at most. Some are kept for
machines from which somebody has unlocked before."""


class Access:
    def __init__(self, core: Core) -> None:
        self._core = core
        self._tokens: dict[str, str] = {}
        """Session token -> operator."""
        self._places = Places(PLACES, of_one=1, kept=PLACES_KEPT)
        self._unlocking = asyncio.Lock()
        self.last_used_s = 0.0
        """Monotonic time of the latest command."""

    @property
    def operator(self) -> str | None:
        keys = self._core.keys
        return keys.operator if keys else None

    def locked_out_s(self, operator: str, source: str) -> int:
        """Seconds until the next try as ``operator`` from ``source`` is allowed, 0 when it is."""
        lockout, now = self._core.state.lockout, Moment.read(self._core.clock)
        return lockout.seconds_left(vault_keys.operator_id(operator), mark_of(source), now)

    def valid(self, token: str | None) -> bool:
        return self._core.keys is not None and token is not None and token in self._tokens

    async def unlock(self, command: Unlock, source: str) -> Session:
        """Each desk unlocks for itself. ``source``: the machine that asks, as ``source_of`` says.

        Raises WrongPassphrase, NotAllowed while locked out, Busy when too many try at once.
        """
        # Shielded: a request that is given up must not make its wrong try go uncounted.
        return await asyncio.shield(self._unlock(command, source))

    async def _unlock(self, command: Unlock, source: str) -> Session:
        core = self._core
        self._not_locked_out(command.operator, source)
        with self._places.of(source):
            async with self._unlocking:  # tries one after the other, or a burst would go uncounted
                self._not_locked_out(command.operator, source)
                try:
                    keys = await asyncio.to_thread(
                        vault_keys.unlock, core.data, command.operator, command.passphrase
                    )
                except vault_keys.WrongPassphrase:
                    known = vault_keys.operator_id(command.operator)
                    core.record(core.state.lockout.failure(known, mark_of(source)))
                    raise
                session = await self.admit(keys, source)
        self._places.knows(source)
        return session

    def _not_locked_out(self, operator: str, source: str) -> None:
        if wait := self.locked_out_s(operator, source):
            raise NotAllowed("locked out", WAIT, n=wait)

    async def admit(self, keys: vault_keys.Keys, source: str = "") -> Session:
        """Let the operator of ``keys`` in; the first opens vault, roster and open dossiers."""
        core = self._core
        if core.keys is None:
            core.roster = await self._load_roster(keys)
            core.keys = keys
            self._restore(keys)
        core.record(e.OperatorUnlocked(keys.operator, mark_of(source)))
        self.last_used_s = time.monotonic()
        token = secrets.token_urlsafe(24)
        self._tokens[token] = keys.operator
        return Session(token, keys.operator)

    async def lock(self, _command: Lock) -> Done:
        self.close(e.LockReason.MANUAL)
        return Done()

    def close(self, reason: e.LockReason) -> None:
        """Forget keys, roster and people. Open dossiers stay sealed and go on after unlock."""
        core = self._core
        if core.keys is None:
            return
        held = [(d.id, device) for d in core.state.dossiers.values() for device in d.holding]
        for dossier, device in held:
            core.record(e.DeviceReleased(device), dossier=dossier)
        core.record(e.OperatorLocked(reason))
        core.keys = core.roster = None
        core.people.clear()
        core.pending.clear()
        core.prompts.clear()
        self._tokens.clear()
        core.touch()

    def lock_when_idle(self, now_s: float) -> None:
        """For the supervision: lock after ``idle_lock_s`` without a command or anybody at camera
        or fingerprint scanner. After twice that time, whoever still holds one is assumed gone."""
        core, limit_s = self._core, self._core.config.console.idle_lock_s
        oldest_ms = core.clock.now_ms() - 2 * limit_s * 1000
        line = line_devices(core.policy.capture)
        busy = any(
            device in line and since > oldest_ms
            for dossier in core.state.dossiers.values()
            for device, since in dossier.holding.items()
        )
        if busy:
            self.last_used_s = now_s
        elif core.keys and now_s - self.last_used_s > limit_s:
            self.close(e.LockReason.IDLE)

    async def _load_roster(self, keys: vault_keys.Keys) -> Roster | None:
        path = self._core.data / "roster.age"
        if not path.exists():
            return None
        try:
            roster = await asyncio.to_thread(unseal, path, keys.shift)
        except InputError as error:
            log.error("roster: %s", error)
            self._core.notice(
                N_("The roster cannot be read. Go on with the cards; have it imported again.")
            )
            return None
        self._core.record(e.RosterLoaded(len(roster)))
        return roster

    def _restore(self, keys: vault_keys.Keys) -> None:
        """Open the records of the open dossiers again; say which cannot be read."""
        core = self._core
        for dossier in core.state.dossiers.values():
            try:
                core.people[dossier.id] = _stored_record(core, dossier, keys)
            except (TramError, Malformed) as error:
                log.error("record of %s: %s", dossier.id, type(error).__name__)
                core.people[dossier.id] = Record()
                core.notice(
                    N_("The data of dossier {dossier} cannot be read. End it and open a new one."),
                    dossier=dossier.id,
                )


def _stored_record(core: Core, dossier: Dossier, keys: vault_keys.Keys) -> Record:
    if dossier.stage is Stage.TURNED_AWAY:
        return decode(core.artefacts.get(dossier.id, TURNED_AWAY, keys))
    if dossier.identity_sealed is None:
        return Record()
    name = identity_name(dossier.identity_no)
    return decode(core.artefacts.get(dossier.id, name, keys, dossier.identity_sealed))


TURNED_AWAY = "turned_away.json"
"""Record of a referred or refused person, for the slip."""


def identity_name(number: int) -> str:
    """Artefact of the n-th identity recorded in a dossier."""
    return numbered("identity", number, "json")
