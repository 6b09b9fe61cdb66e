"""Pictures of one sitting, for the camera's twin.

The sitter is a real photograph, ``skimage.data.astronaut()`` (NASA, public domain), so that face
and eye detectors meet a real face. Head and body are cut out once with GrabCut (Rother et al.,
SIGGRAPH 2004) and put before an even light screen like the booth's. What goes wrong at a booth is
then done to it: too dark, out of focus, too far, leaning, eyes shut, somebody else in the picture.
Every person (seed) is a little larger, warmer, further left than the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import cv2
import numpy as np
import segno
from numpy.typing import NDArray

Image = NDArray[np.uint8]

WIDTH_PX, HEIGHT_PX = 1280, 960
ZOOM = 2.4
"""Frame pixels per pixel of the photograph at distance 1: 45 px between the eyes become 108."""
EYES = ((202, 101), (247, 102))
"""The sitter's eyes in the photograph, x and y."""
EYE_LINE = (224.5, 101.5)
SCREEN = 228
"""Grey level of the screen behind the chair."""
JPEG_QUALITY = 95


@dataclass(frozen=True)
class Sitting:
    """Who sits before the camera, and how. The defaults make a good portrait.

    ``light`` factor on the sitter's and the screen's brightness; ``complexion`` factor on the
    sitter alone; ``blur_px`` sigma of defocus in frame pixels; ``distance`` 1 = right, 2 = twice
    as far; ``tilt_deg`` head leaning to a shoulder; ``x``, ``y`` shift as a fraction of the frame;
    ``eyes`` "open", "narrow" or "closed"; ``blink_every`` n > 0 shuts the eyes in every n-th frame;
    ``faces`` 0, 1 or 2; ``background`` "plain" or "busy".
    """

    person: int = 0
    light: float = 1.0
    complexion: float = 1.0
    blur_px: float = 0.0
    distance: float = 1.0
    tilt_deg: float = 0.0
    x: float = 0.0
    y: float = 0.0
    eyes: str = "open"
    blink_every: int = 0
    faces: int = 1
    background: str = "plain"

    def __post_init__(self) -> None:
        if self.eyes not in ("open", "narrow", "closed") or self.background not in (
            "plain",
            "busy",
        ):
            raise ValueError("eyes: open, narrow, closed; background: plain, busy")
        if self.faces not in (0, 1, 2) or not 0.2 <= self.distance <= 10:
            raise ValueError("faces: 0, 1, 2; distance: 0.2 to 10")


@cache
def photograph() -> Image:
    """The sitter, RGB, 512x512."""
    from skimage import data  # 0.4 s to import: the socket is open before

    return np.ascontiguousarray(data.astronaut(), dtype=np.uint8)  # type: ignore[no-untyped-call]


@cache
def cut_out() -> NDArray[np.float32]:
    """Opacity of the sitter in the photograph, 0…1, shape (512, 512)."""
    seeds = np.full((512, 512), cv2.GC_BGD, np.uint8)
    cv2.ellipse(seeds, (225, 130), (100, 135), 0, 0, 360, cv2.GC_PR_FGD, -1)
    seeds[220:, 20:400] = cv2.GC_PR_FGD
    cv2.ellipse(seeds, (224, 115), (42, 70), 0, 0, 360, cv2.GC_FGD, -1)  # face
    cv2.ellipse(seeds, (209, 222), (92, 68), 0, 0, 360, cv2.GC_FGD, -1)  # collar ring
    cv2.rectangle(seeds, (110, 290), (330, 511), cv2.GC_FGD, -1)  # chest
    models = np.zeros((1, 65)), np.zeros((1, 65))
    no_box = (0, 0, 1, 1)  # the seeds say it all
    cv2.grabCut(photograph(), seeds, no_box, *models, 2, cv2.GC_INIT_WITH_MASK)
    inside = (seeds == cv2.GC_FGD) | (seeds == cv2.GC_PR_FGD)
    soft = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 0.8)
    return np.asarray(soft, dtype=np.float32)


@cache
def lidded(lift: int) -> Image:
    """The photograph with lids painted over both eyes, ``lift`` pixels above shutting them."""
    image = photograph().copy()
    lids = np.zeros((512, 512), np.float32)
    for x, y in EYES:
        skin = np.median(image[y + 14 : y + 22, x - 6 : x + 6].reshape(-1, 3), axis=0)
        cv2.ellipse(lids, (x, y - lift), (13, 7), 0, 0, 360, 1.0, -1)
        soft = cv2.GaussianBlur(lids, (0, 0), 1.0)[..., None]
        image = (image * (1 - soft) + skin * soft).astype(np.uint8)
        lids[:] = 0
        lash = tuple(float(v) for v in skin * 0.6)
        if not lift:
            cv2.ellipse(image, (x, y), (10, 4), 0, 20, 160, lash, 1, cv2.LINE_AA)
    return image


def _screen(light: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """The even light screen: slightly brighter in the middle, as a lamp makes it."""
    y, x = np.mgrid[0 : HEIGHT_PX // 8, 0 : WIDTH_PX // 8].astype(np.float32)
    away = np.hypot(x / (WIDTH_PX / 8) - 0.5, y / (HEIGHT_PX / 8) - 0.4)
    grey = (SCREEN + rng.uniform(-4, 4) - 14 * away) * light
    large = cv2.resize(grey.astype(np.float32), (WIDTH_PX, HEIGHT_PX))
    return np.repeat(large[..., None], 3, axis=2)


def _busy(light: float) -> NDArray[np.float32]:
    """No screen: the flag and the rocket of the photograph, side by side along the wall."""
    wall = np.hstack((photograph()[:220, :110], photograph()[:220, 350:490]))
    tiles = np.tile(cv2.resize(wall, None, fx=ZOOM, fy=ZOOM), (2, 3, 1))
    return tiles[:HEIGHT_PX, :WIDTH_PX].astype(np.float32) * np.float32(light)


def _place(
    canvas: NDArray[np.float32], sitting: Sitting, rng: np.random.Generator, shift: float
) -> NDArray[np.float32]:
    """One person into the picture; ``shift`` moves the second one aside."""
    lifts = {"narrow": 8, "closed": 0}
    eyes = lidded(lifts[sitting.eyes]) if sitting.eyes in lifts else photograph()
    source = eyes.astype(np.float32)
    opacity = cut_out()
    if rng.random() < 0.5:
        source, opacity = source[:, ::-1], opacity[:, ::-1]
        middle = 511 - EYE_LINE[0]
    else:
        middle = EYE_LINE[0]
    zoom = ZOOM / sitting.distance * rng.uniform(0.98, 1.06)
    turn = cv2.getRotationMatrix2D(
        (middle, EYE_LINE[1]), sitting.tilt_deg + rng.uniform(-1.5, 1.5), zoom
    )
    turn[0, 2] += WIDTH_PX * (0.5 + sitting.x + shift + rng.uniform(-0.02, 0.02)) - middle
    turn[1, 2] += HEIGHT_PX * (0.42 + sitting.y + rng.uniform(-0.02, 0.02)) - EYE_LINE[1]
    size = (WIDTH_PX, HEIGHT_PX)
    warmth = rng.uniform(0.95, 1.05, 3).astype(np.float32)
    body = cv2.warpAffine(
        source * warmth * np.float32(sitting.light * sitting.complexion),
        turn,
        size,
        flags=cv2.INTER_CUBIC,
    )
    alpha = cv2.warpAffine(np.ascontiguousarray(opacity), turn, size)[..., None]
    return (canvas * (1 - alpha) + body * alpha).astype(np.float32)


def _card(image: NDArray[np.float32], code: str) -> None:
    """A card with a QR code held before the chest: bytes of UTF-8, no ECI, as on a CCCD."""
    modules = np.array(segno.make_qr(code.encode(), mode="byte", error="m").matrix, np.uint8)
    quiet = np.pad(1 - modules, 4, constant_values=1) * np.uint8(235)
    card = np.kron(quiet, np.ones((8, 8), np.uint8)).astype(np.float32)
    side = card.shape[0]
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), 3, 480 / side)
    turn[0, 2] += WIDTH_PX / 2 - side / 2
    turn[1, 2] += HEIGHT_PX * 0.7 - side / 2
    size = (WIDTH_PX, HEIGHT_PX)
    alpha = cv2.warpAffine(np.ones_like(card), turn, size)[..., None]
    image[:] = image * (1 - alpha) + cv2.warpAffine(card, turn, size)[..., None] * alpha


@lru_cache(maxsize=3)
def scene(sitting: Sitting | None, code: str | None) -> Image:
    """What is before the camera, without the sensor's noise; RGB uint8, (960, 1280, 3)."""
    rng = np.random.default_rng(sitting.person if sitting else 0)
    light = sitting.light if sitting else 1.0
    image = _busy(light) if sitting and sitting.background == "busy" else _screen(light, rng)
    if sitting and sitting.faces:
        if sitting.faces == 2:
            image = _place(image, sitting, np.random.default_rng(sitting.person + 1), 0.27)
            image = _place(image, sitting, rng, -0.2)
        else:
            image = _place(image, sitting, rng, 0.0)
    if code is not None:
        _card(image, code)
    # A photograph enlarged 2.4 times is softer than what a camera of that resolution gives.
    image += 0.8 * (image - cv2.GaussianBlur(image, (0, 0), 2.5))
    if sitting and sitting.blur_px:
        image = cv2.GaussianBlur(image, (0, 0), sitting.blur_px).astype(np.float32)
    return np.asarray(np.clip(image, 0, 255), dtype=np.uint8)


def picture(sitting: Sitting | None, code: str | None = None, frame: int = 0) -> Image:
    """One frame, RGB uint8, (960, 1280, 3). ``frame`` changes the noise only."""
    noise = np.empty((HEIGHT_PX, WIDTH_PX, 3), np.int8)
    cv2.setRNGSeed(frame + 1)
    cv2.randn(noise, np.zeros(3), np.full(3, 2.0))
    return np.asarray(cv2.add(scene(sitting, code), noise, dtype=cv2.CV_8U), dtype=np.uint8)


def jpeg(image: Image) -> bytes:
    """RGB to JPEG, as a camera with a hardware encoder gives it."""
    done, data = cv2.imencode(
        ".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    )
    if not done:
        raise ValueError("not encodable")
    return data.tobytes()


def sitting(arguments: dict[str, Any]) -> Sitting:
    """A ``Sitting`` from the side channel's arguments; ValueError or TypeError when wrong."""
    return Sitting(**{k: v for k, v in arguments.items() if k != "op"})
