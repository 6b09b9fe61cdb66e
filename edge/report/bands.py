"""Report by exception: which live figures are worth a message now.

One ``Bands`` for the node and one for each device. A figure is due when it has left its dead
band since it was last sent. Due figures wait until ``MIN_INTERVAL_S`` have passed since the last
message, unless one is urgent; then all are sent. A figure that has changed within its dead band is
sent after ``UNSAID_S``: a place with three dossiers a day counts too, and yesterday's sums must not
stay on the wall.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edge.report.figures import Value
from edge.report.metrics import MIN_INTERVAL_S, Figure
from edge.sparkplug.payload import Metric

UNSAID_S = 1800.0


class Bands:
    def __init__(self) -> None:
        self._said: dict[str, Value] = {}
        self._differs_since: dict[str, int] = {}
        """Figures that differ from what was said, and since when, ms UTC."""
        self._last_ms: int | None = None

    def all(
        self, figures: Mapping[str, Value], table: Sequence[Figure], now_ms: int
    ) -> list[Metric]:
        """Every figure of ``table``, for a birth; null where ``figures`` has none."""
        self._said.clear()
        self._differs_since.clear()
        return self._say(table, figures, now_ms)

    def changed(
        self, figures: Mapping[str, Value], table: Sequence[Figure], now_ms: int
    ) -> list[Metric]:
        """What of ``figures`` is to be published now, taken for said; often nothing.

        ``now_ms`` is wall time in ms UTC. It may be set back meanwhile: waiting then ends.
        """
        due: list[Figure] = []
        urgent = False
        for figure in table:
            name = figure.name
            if name not in figures:
                continue
            value, said = figures[name], self._said.get(name)
            if value == said:
                self._differs_since.pop(name, None)
                continue
            since = self._differs_since.setdefault(name, now_ms)
            if _left(figure, value, said) or not 0 <= now_ms - since < UNSAID_S * 1000:
                due.append(figure)
                urgent = urgent or figure.urgent
        waits = self._last_ms is not None and 0 <= now_ms - self._last_ms < MIN_INTERVAL_S * 1000
        return self._say(due, figures, now_ms) if due and (urgent or not waits) else []

    def _say(
        self, due: Sequence[Figure], figures: Mapping[str, Value], now_ms: int
    ) -> list[Metric]:
        self._last_ms = now_ms
        metrics = []
        for figure in due:
            value = figures.get(figure.name)
            self._said[figure.name] = value
            self._differs_since.pop(figure.name, None)
            metrics.append(Metric(figure.name, value, figure.type, now_ms))
        return metrics


def _left(figure: Figure, value: Value, said: Value) -> bool:
    """Whether ``value`` is outside the dead band about what was said. Null has no band."""
    if figure.dead_band and isinstance(value, int | float) and isinstance(said, int | float):
        return abs(value - said) >= figure.dead_band
    return True
