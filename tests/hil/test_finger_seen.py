"""A finger on the glass is seen, and its going: the twins', and a bench's dummy finger."""

from __future__ import annotations

import numpy as np
import pytest

from tests.hil.finger_glass import WAIT_S, connected, lifted_hand
from tests.hil.rig import LiveRig

pytestmark = pytest.mark.needs("fingerprint", "hands")


async def test_a_finger_that_comes_is_seen_and_read_and_its_going_too(rig: LiveRig) -> None:
    hand = lifted_hand(rig)
    async with connected(rig) as seen:
        assert not await seen.scanner.wait_for_finger(0.5)
        hand.do("put", person=1, position="right_index")
        assert await seen.scanner.wait_for_finger(WAIT_S)
        image = await seen.scanner.read_image(WAIT_S)
        assert np.asarray(image.pixels).std() > 5, "ridges, not an empty glass"
        assert not await seen.scanner.wait_for_removal(0.5)
        hand.do("lift")
        assert await seen.scanner.wait_for_removal(WAIT_S)
