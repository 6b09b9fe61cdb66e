"""Assessing a frame: our cascade against OpenCV's, side by side on the same frames."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

ROUNDS = 9
ENV = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""One thread, as in the camera's worker."""


def run() -> Iterator[dict[str, Any]]:
    """``portrait.assess_ratio``: processor time of ``examine`` over that of the same steps with
    OpenCV on one thread: people before the screen, nobody, two, a busy wall; one figure a frame.
    In a process of its own, since how many threads numpy takes is settled at its import."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.bench_portrait"],
        env={**os.environ, **ENV},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    rows = [line.split() for line in done.stdout.splitlines()]
    ours, theirs = ([float(row[column]) for row in rows] for column in (0, 1))
    ratios = sorted(a / b for a, b in zip(ours, theirs, strict=True))
    yield {
        "name": "portrait.assess_ratio",
        "value": round(statistics.median(ratios), 3),
        "unit": "ratio",
        "limit": 1.6,
        "note": (
            f"min {ratios[0]:.2f}, median {statistics.median(ratios):.2f}, max {ratios[-1]:.2f} of "
            f"{len(ratios)} frames; median ms a frame: ours {statistics.median(ours):.1f}, "
            f"OpenCV {statistics.median(theirs):.1f}"
        ),
    }


def main() -> None:
    """One line a frame: our milliseconds and OpenCV's, medians of turns taken in alternation."""
    import cv2
    import cv2.data
    import numpy as np

    from controller.portrait import PortraitLimits, measures
    from controller.portrait.assess import CROP_EYE_DISTANCE, examine
    from controller.portrait.faces import FACE_PX, SEARCH_WIDTH_PX, SMALLEST_FACE
    from hw.twins.camera_picture import Sitting, picture

    cv2.setNumThreads(1)
    limits = PortraitLimits()
    face, eye = (
        cv2.CascadeClassifier(f"{cv2.data.haarcascades}haarcascade_{name}.xml")
        for name in ("frontalface_alt", "eye")
    )

    def with_opencv(frame: Any) -> None:
        shades: Any = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
        height, width = shades.shape
        size = (SEARCH_WIDTH_PX, round(height * SEARCH_WIDTH_PX / width))
        least = round(size[1] * SMALLEST_FACE)
        small = cv2.resize(shades, size, interpolation=cv2.INTER_AREA)
        found = face.detectMultiScale(small, 1.1, minNeighbors=3, minSize=(least, least))
        if not len(found):
            return
        scale = width / SEARCH_WIDTH_PX
        x, y, w, h = (round(v * scale) for v in max(found, key=lambda box: box[2]))
        patch: Any = cv2.resize(
            shades[y : y + h, x : x + w], (FACE_PX, FACE_PX), interpolation=cv2.INTER_AREA
        )
        for half in (patch[29:96, :80], patch[29:96, 80:]):
            eye.detectMultiScale(half, 1.15, minNeighbors=3, minSize=(26, 26), maxSize=(64, 64))
            cv2.GaussianBlur(half[:29, :29], (0, 0), 3.2)
        seen = examined[1]
        assert seen
        measures.eye_opening(patch, seen.face)
        cv2.Laplacian(patch[20:-20, 20:-20], cv2.CV_32F).var()
        np.var(patch[20:-20, 20:-20])
        measures.face_light(patch)
        measures.background(shades, seen.face, seen.face.eye_distance_px / CROP_EYE_DISTANCE)

    sittings = [Sitting(person=person) for person in range(6)]
    sittings += [Sitting(faces=0), Sitting(faces=2), Sitting(background="busy")]
    for sitting in sittings:
        frame = picture(sitting)
        examined = examine(frame, limits)
        with_opencv(frame)
        turns = [
            (_ms(lambda: examine(frame, limits)), _ms(lambda: with_opencv(frame)))  # noqa: B023
            for _ in range(ROUNDS)
        ]
        print(*(statistics.median(column) for column in zip(*turns, strict=True)))


def _ms(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return 1000 * (time.process_time() - began)


if __name__ == "__main__":
    main()
