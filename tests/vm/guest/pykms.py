"""What picamera2 wants to have imported: it shows a preview on a screen without a desktop.

Nothing of ours asks for one. Raspberry Pi OS has it (python3-kms++), Debian has no package of it.
"""

from unittest.mock import MagicMock

PixelFormat = MagicMock()
