"""Our adapter on the real picamera2 and libcamera, whose camera is a folder of pictures.

Started by hand, as a technician tries a camera: the station's unit lets it open a Pi's nodes and
not ``/dev/udmabuf``, which only the virtual camera needs.
"""

from __future__ import annotations

import cv2
import pytest
import skimage.data

from tests.vm.booth import PYTHON, Booth
from tests.vm.image import PICAMERA2

FRAMES = "/opt/tram-test/frames"
MODEL = "Virtual camera"
CAMERA = f"""\
"Virtual0":
  supported_formats:
  - width: 1280
    height: 960
    frame_rates: [30]
  frames:
    path: "{FRAMES}/"
    scale_mode: "fill"
  location: "CameraLocationFront"
  model: "{MODEL}"
"""


@pytest.fixture
def camera(booth: Booth) -> str:
    """What the worker says after one look at it; a person sits there."""
    machine = booth.machine
    sitter = skimage.data.astronaut()  # type: ignore[no-untyped-call]
    picture = cv2.cvtColor(sitter, cv2.COLOR_RGB2BGR)
    whole = cv2.copyMakeBorder(picture, 128, 320, 384, 384, cv2.BORDER_REPLICATE)
    cv2.imwrite(str(machine.shared / "0.jpg"), whole)
    machine.share()
    machine.sh(f"mkdir -p {FRAMES}; cp /mnt/shared/0.jpg {FRAMES}/")
    machine.put("/usr/share/libcamera/pipeline/virtual/virtual.yaml", CAMERA)
    done = machine.run(
        *(PYTHON, booth.place("camera_worker.py"), "--source", "picamera2:"),
        env={"PYTHONPATH": f"/opt/tram:{PICAMERA2}:/usr/lib/python3/dist-packages"},
        check=False,
    )
    return f"{done.stdout}\n{done.stderr}"


def test_the_adapter_takes_a_portrait_from_libcamera(camera: str) -> None:
    assert f"{MODEL} 1280x960, frame " in camera, camera
    assert "ok   face 1 " in camera, camera
