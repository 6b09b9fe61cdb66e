"""The bare line echo that the link is measured against: nothing between stdin and stdout."""

import sys


def run() -> None:
    while True:
        sys.stdout.write(sys.stdin.readline())
