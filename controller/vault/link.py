"""The tie between a packet and its station's journal.

The manifest names a row by seq and hash; the row's hash covers all rows before it. The journal
names the packet by its SHA-256. Neither can be changed afterwards without breaking the other.
"""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

from controller.vault.packet import Manifest
from controller.vault.report import Report, shown
from edge.journal.events import Sealed
from edge.journal.store import JournalError, read_rows, station_of, to_event
from edge.journal.verify import verify as verify_chain
from ground.text import N_


def check_journal(sealed: bytes, manifest: Manifest, journal: Path, report: Report) -> None:
    """Add to ``report`` how the packet ``sealed`` and ``journal`` agree. Never raises."""
    before = len(report.problems)
    verdict = verify_chain(journal)
    if verdict.bad_row is not None:
        report.wrong(
            N_("The journal itself is damaged at row {row}: {reason}."),
            row=verdict.bad_row,
            reason=shown(verdict.why),
        )
    elif verdict.why:  # one that is not there, or not begun, has no bad row, and proves nothing
        report.wrong(N_("The journal cannot be checked: {reason}."), reason=shown(verdict.why))
    try:
        owner = station_of(journal)
        linked, recorded = _look_up(journal, manifest, verdict.bad_row)
    except (sqlite3.Error, JournalError):
        return  # reported above: the chain cannot be read either
    if owner != manifest.station:
        report.wrong(
            N_("The journal is of station {owner}, the packet of station {station}."),
            owner=shown(str(owner)),
            station=shown(manifest.station),
        )
    if linked is None:
        report.wrong(N_("The journal has no row {seq} for the packet."), seq=manifest.journal.seq)
    elif linked != manifest.journal.hash:
        report.wrong(
            N_("The hash of journal row {seq} is not the one in the manifest."),
            seq=manifest.journal.seq,
        )
    _check_record(sealed, manifest, recorded, report)
    if len(report.problems) == before:
        report.proven(
            N_("tied to row {seq} of the journal, which recorded this packet"),
            seq=manifest.journal.seq,
        )


def _check_record(
    sealed: bytes, manifest: Manifest, recorded: Sealed | None, report: Report
) -> None:
    if recorded is None:
        report.wrong(
            N_("The journal does not say that dossier {dossier} was sealed."),
            dossier=manifest.dossier,
        )
        return
    if recorded.packet != hashlib.sha256(sealed).hexdigest():
        report.wrong(
            N_("The journal recorded another packet of dossier {dossier}: its digest differs."),
            dossier=manifest.dossier,
        )
    if recorded.linked_seq != manifest.journal.seq:
        report.wrong(
            N_("The journal recorded link row {known}, the manifest names row {found}."),
            known=recorded.linked_seq,
            found=manifest.journal.seq,
        )


def _look_up(
    journal: Path, manifest: Manifest, bad_row: int | None
) -> tuple[str | None, Sealed | None]:
    """The linked row's hash and the dossier's last ``Sealed``, from the rows before ``bad_row``."""
    linked: str | None = None
    recorded: Sealed | None = None
    for row in read_rows(journal):
        seq, *_, kind, dossier, _body, chain = row
        if bad_row is not None and seq >= bad_row:
            break
        if seq == manifest.journal.seq:
            linked = chain.hex()
        if kind == "sealed" and dossier == manifest.dossier:
            body = to_event(row).body
            recorded = body if isinstance(body, Sealed) else recorded
    return linked, recorded
