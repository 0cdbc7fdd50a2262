"""Bodies are unpacked within limits."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import AsyncGenerator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callendar.net.body import BadEncoding, TooLarge, read_body

pytestmark = pytest.mark.anyio

TEXT = b"BEGIN:VCALENDAR\r\n" * 100


def bare(data: bytes) -> bytes:
    """Deflate without its frame."""
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


async def pieces(data: bytes, size: int) -> AsyncGenerator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


PACKED = {
    "identity": ("", TEXT),
    "gzip": ("gzip", gzip.compress(TEXT)),
    "GZIP": ("GZIP", gzip.compress(TEXT)),
    "two-members": ("gzip", gzip.compress(TEXT[:50]) + gzip.compress(TEXT[50:])),
    "zlib": ("deflate", zlib.compress(TEXT)),
    "bare-deflate": ("deflate", bare(TEXT)),
    "empty": ("gzip", b""),
}


@pytest.mark.parametrize("size", [7, 1000, 1 << 20])
@pytest.mark.parametrize(("encoding", "packed"), PACKED.values(), ids=PACKED)
async def test_a_body_is_unpacked(encoding: str, packed: bytes, size: int) -> None:
    """However it is packed and however it is cut."""
    assert await read_body(pieces(packed, size), encoding, 1 << 20) == (TEXT if packed else b"")


@pytest.mark.parametrize("encoding", ["", "gzip", "deflate"])
async def test_the_limit_counts_what_comes_out(encoding: str) -> None:
    """A packet of 50 kB that unpacks to 50 MB is stopped at the limit, not afterwards."""
    bomb = b"0" * 50_000_000
    packed = {"": bomb, "gzip": gzip.compress(bomb, 9), "deflate": zlib.compress(bomb, 9)}[encoding]
    taken = 0

    async def counted() -> AsyncGenerator[bytes]:
        nonlocal taken
        async for piece in pieces(packed, 1000):
            taken += len(piece)
            yield piece

    with pytest.raises(TooLarge):
        await read_body(counted(), encoding, 1_000_000)
    assert taken <= max(len(packed) // 10, 1_001_000)


async def test_exactly_the_limit_is_taken() -> None:
    """The limit itself is allowed."""
    assert len(await read_body(pieces(b"x" * 1000, 300), "", 1000)) == 1000


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, gzip"])
async def test_what_was_not_asked_for_is_refused(encoding: str) -> None:
    """Only gzip and deflate are."""
    with pytest.raises(BadEncoding):
        await read_body(pieces(TEXT, 100), encoding, 1 << 20)


@pytest.mark.parametrize("packed", [gzip.compress(TEXT)[:-9], b"\x1f\x8bnonsense", b"\xff\xff\xff\xff"])
async def test_a_broken_packet_is_refused(packed: bytes) -> None:
    """Cut off, or no packet at all."""
    with pytest.raises(BadEncoding):
        await read_body(pieces(packed, 10), "gzip", 1 << 20)


@given(data=st.binary(max_size=3000), size=st.integers(1, 400))
async def test_whatever_is_packed_comes_out_again(data: bytes, size: int) -> None:
    """For any bytes and any cut."""
    assert await read_body(pieces(gzip.compress(data), size), "gzip", 4000) == data


async def test_what_comes_packed_is_bounded_too() -> None:
    """Empty members unpack to nothing for ever; and many of them are no body."""
    with pytest.raises(BadEncoding):
        await read_body(pieces(gzip.compress(b"") * 1_001, 4096), "gzip", 10**6)
    with pytest.raises(TooLarge):
        await read_body(pieces(gzip.compress(b"") * 500, 4096), "gzip", 1_000)
