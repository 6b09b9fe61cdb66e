"""The one step of the build that setuptools does not know: Sparkplug's codec from its ``.proto``.

``protoc`` (Debian: protobuf-compiler) writes it beside the ``.proto``, for wheels and for editable
installs alike. Everything else stands in pyproject.toml.
"""

from __future__ import annotations

import shutil
import subprocess

from setuptools import setup
from setuptools.command.build_py import build_py

PROTO = "edge/sparkplug/sparkplug_b.proto"


class BuildPy(build_py):
    def run(self) -> None:
        protoc = shutil.which("protoc")
        if protoc is None:
            raise SystemExit("protoc is missing: apt-get install protobuf-compiler")
        subprocess.run([protoc, "--python_out=.", "--pyi_out=.", PROTO], check=True)
        super().run()


setup(cmdclass={"build_py": BuildPy})
