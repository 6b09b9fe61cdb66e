"""``data.json`` of a dossier that the person has confirmed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from controller.config import Station
from controller.dossier.data import (
    SCHEMA,
    CardData,
    Data,
    DeliveryData,
    PersonData,
    encode,
)
from controller.dossier.state import Dossier
from controller.stages import Stage
from controller.station.record import Record


def written(
    dossier: Dossier, record: Record, site: Station, taken: Iterable[Stage], capture_class: str
) -> bytes:
    """What was captured of the person, and how. ``taken``: the stages of this booth, in order.

    The dossier has been confirmed, so it is known whose it is, and each of ``taken`` is done.
    """
    assert record.person is not None
    assert dossier.source is not None
    assert dossier.roster_outcome is not None
    data = Data(
        schema=SCHEMA,
        dossier=dossier.id,
        station=site.code,
        region=site.region,
        captured=_iso(dossier.marks["confirmed"]),
        person=PersonData.of(record.person),
        on_roster=PersonData.of(record.on_roster) if record.on_roster else None,
        card=CardData.of(record.card) if record.card else None,
        source=dossier.source,
        outcome=dossier.roster_outcome,
        contradictions=dossier.contradictions,
        delivery=DeliveryData(record.delivery, record.address),
        capture_class=capture_class,
    )
    return encode(data, [stage.data(dossier) for stage in taken])


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
