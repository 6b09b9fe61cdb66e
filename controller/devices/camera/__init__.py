"""The camera behind a process that can be killed.

``adapter`` (station's side) ⇄ ``framing`` (one socket pair) ⇄ ``worker`` (its own process: opens a
``sources`` entry, assesses with ``controller.portrait``, reads codes with zxing-cpp).

libcamera can block for ever ("Camera frontend has timed out") and a blocked thread can't be
ended; a process can. It also keeps the pictures' memory, and the work's hold on the interpreter
lock, out of the station: ``adapter`` imports nothing of ``controller.portrait.faces``. Nor does the
worker import the station's side (asyncio is 6 MB), so this package itself imports neither.
"""
