"""The camera behind a process that can be killed.

``adapter`` (station's side) ⇄ ``framing`` (one socket pair) ⇄ ``worker`` (its own process: opens a
``sources`` entry, assesses with ``controller.portrait``, reads codes with zxing-cpp).

libcamera can block for ever ("Camera frontend has timed out") and a blocked thread can't be
ended; a process can. It also keeps OpenCV's memory, and its hold on the interpreter lock, out of
the station: nothing imported here imports cv2.
"""

from controller.devices.camera.adapter import WorkerCamera

__all__ = ["WorkerCamera"]
