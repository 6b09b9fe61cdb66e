"""The camera's worker with two stand-ins: where the memory of frames comes from, and a raw stream.

picamera2 takes it from a heap that the Pi's kernel has, as one plane a frame; libcamera's virtual
camera wants the planes of NV12 one by one. So libcamera allocates them, all of one frame in one
piece, and picamera2 maps that piece. And whatever camera it opens, picamera2 asks for the modes of
its raw stream, which a Pi's has and the virtual one has not: it is told those of the stream that
there is. Everything else of picamera2, of libcamera and of ours is as it is on a Pi (but ``pykms``,
which see).
"""

from __future__ import annotations

import mmap
import sys
from typing import Any

import libcamera  # type: ignore[import-not-found, unused-ignore]
import picamera2.picamera2  # type: ignore[import-not-found, unused-ignore]
from picamera2.allocators import (  # type: ignore[import-not-found, unused-ignore]
    Allocator,
    DmaAllocator,
)

from controller.devices.camera.worker import main


class OfLibcamera(DmaAllocator):  # type: ignore[misc, unused-ignore]
    def __init__(self) -> None:
        Allocator.__init__(self)
        self.mapped_buffers: dict[Any, mmap.mmap] = {}
        self.mapped_buffers_used: dict[int, bool] = {}
        self.frame_buffers: dict[Any, list[Any]] = {}
        self.open_fds: list[int] = []
        self.libcamera_fds: list[int] = []
        self.sync = self.DmaSync
        self.dmaHeap = None

    def allocate(self, libcamera_config: Any, use_case: object) -> None:
        self.libcamera_fds = []
        self.cleanup()
        camera = libcamera.CameraManager.singleton().cameras[0]
        self._kept = libcamera.FrameBufferAllocator(camera)
        for config in libcamera_config:
            self._kept.allocate(config.stream)
            frames = list(self._kept.buffers(config.stream))
            for frame in frames:
                start = frame.planes[0].fd
                self.libcamera_fds.append(start)
                self.mapped_buffers_used[start] = False
                self.mapped_buffers[frame] = mmap.mmap(start, config.frame_size)
            self.frame_buffers[config.stream] = frames


def modes(camera: Any) -> list[dict[str, Any]]:
    offered = camera.camera.generate_configuration([libcamera.StreamRole.Viewfinder]).at(0).formats
    return [
        {"format": str(pixel), "size": (size.width, size.height)}
        for pixel in offered.pixel_formats
        for size in offered.sizes(pixel)
    ]


picamera2.picamera2.DmaAllocator = OfLibcamera
picamera2.picamera2.Picamera2._get_raw_modes = modes
sys.exit(main())
