"""Framing: whatever comes down the wire, only whole and right packets get through."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.devices.fingerprint.packets import ACK, DATA, END, BadPacket, Framer, Packet
from hw.twins.finger import packets as wire

PAYLOADS = st.binary(min_size=1, max_size=256)
PACKETS = st.builds(Packet, st.sampled_from([ACK, DATA, END]), PAYLOADS)
START = wire.HEAD


def read(stream: bytes, cuts: list[int] | None = None) -> tuple[list[Packet], int, int]:
    """Packets of a stream fed in pieces, how often it was refused, and what is left over."""
    framer, packets, refusals = Framer(), [], 0
    edges = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts or [])})
    for begin, end in pairwise(edges):
        framer.feed(stream[begin:end])
        while True:
            try:
                packet = framer.take()
            except BadPacket:
                refusals += 1
                continue
            if packet is None:
                break
            packets.append(packet)
    return packets, refusals, framer.pending


@given(st.lists(PACKETS, max_size=5), st.lists(st.integers(min_value=0), max_size=20))
def test_packets_come_through_however_the_bytes_are_cut(
    sent: list[Packet], cuts: list[int]
) -> None:
    stream = b"".join(packet.encoded() for packet in sent)
    assert read(stream, cuts) == (sent, 0, 0)


@given(
    st.lists(st.one_of(st.binary(max_size=40), st.just(START), st.builds(Packet.encoded, PACKETS)))
)
def test_arbitrary_bytes_never_crash_the_framing_nor_hang_it(pieces: list[bytes]) -> None:
    read(b"".join(pieces))


@settings(max_examples=300)
@given(
    st.lists(PACKETS, min_size=1, max_size=4),
    st.integers(min_value=0),
    st.integers(min_value=1, max_value=255),
)
def test_every_single_corrupted_byte_is_caught(sent: list[Packet], at: int, flip: int) -> None:
    """Refused, incomplete, or of other kinds and sizes than asked for: never taken for right."""
    stream = bytearray(b"".join(packet.encoded() for packet in sent))
    stream[at % len(stream)] ^= flip
    packets, refusals, pending = read(bytes(stream))
    shape = [(packet.kind, len(packet.payload)) for packet in packets]
    asked = [(packet.kind, len(packet.payload)) for packet in sent]
    assert refusals or pending or shape != asked


def test_each_byte_of_an_answer_is_covered() -> None:
    """Every position and every wrong value of the commonest answer of all."""
    answer = Packet(ACK, b"\0").encoded()
    for at in range(len(answer)):
        for flip in range(1, 256):
            broken = bytearray(answer)
            broken[at] ^= flip
            packets, refusals, pending = read(bytes(broken))
            assert refusals or pending or len(packets[0].payload) != 1, (at, flip)


@given(PACKETS, st.binary(max_size=30).filter(lambda noise: START not in noise))
def test_after_noise_the_next_packet_is_found(sent: Packet, noise: bytes) -> None:
    packets, _, _ = read(noise + sent.encoded())
    assert packets == [sent]


@given(st.binary(min_size=1, max_size=2000), st.sampled_from([32, 64, 128, 256]))
def test_what_the_twin_transfers_is_what_we_read(data: bytes, packet_bytes: int) -> None:
    packets, refusals, pending = read(b"".join(wire.transfer(data, packet_bytes)))
    assert b"".join(packet.payload for packet in packets) == data
    assert [packet.kind for packet in packets] == [DATA] * (len(packets) - 1) + [END]
    assert (refusals, pending) == (0, 0)


@given(st.lists(st.binary(max_size=60)))
def test_arbitrary_bytes_never_crash_the_twins_framing(pieces: list[bytes]) -> None:
    buffer = bytearray()
    for piece in pieces:
        buffer += piece
        while wire.next_command(buffer) is not None:
            pass
    assert len(buffer) <= sum(map(len, pieces))
