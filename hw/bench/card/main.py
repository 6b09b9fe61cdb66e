"""Started by the card at power-up (copy this folder's files to it: docs/bench.md)."""

import card

card.run()
