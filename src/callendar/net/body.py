"""Bodies of answers, unpacked by us so that a small packet cannot become a huge one unnoticed."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterable, Iterator

from anyio.lowlevel import checkpoint

_PIECE_BYTES = 256 * 1024
_MOST_MEMBERS = 1_000
"""Of a gzip body: whole bodies have one, and empty ones are work for nothing."""


class TooLarge(Exception):
    """The body, unpacked, is longer than what is taken."""


class BadEncoding(Exception):
    """The body is packed in a way that was not asked for, or is not packed as it says."""


async def read_body(chunks: AsyncIterable[bytes], encoding: str, max_bytes: int) -> bytes:
    """The whole body, unpacked (gzip, deflate or not at all); others get their turn in between.

    Raises:
        TooLarge: As soon as more than `max_bytes` have been unpacked, or have come packed.
        BadEncoding: It is packed otherwise, or broken.
    """
    body = bytearray()
    packed = 0
    unpack = _unpacker(encoding.strip().lower())
    async for chunk in chunks:
        packed += len(chunk)
        for piece in unpack.feed(chunk):
            body += piece
            if max(packed, len(body)) > max_bytes:
                raise TooLarge
            await checkpoint()
    unpack.end()
    return bytes(body)


def _unpacker(encoding: str) -> _Plain | _Deflated:
    if encoding in ("", "identity"):
        return _Plain()
    if encoding in ("gzip", "x-gzip", "deflate"):
        return _Deflated()
    raise BadEncoding


class _Plain:
    def feed(self, chunk: bytes) -> Iterator[bytes]:
        yield chunk

    def end(self) -> None:
        """Nothing is left over."""


class _Deflated:
    """gzip (also several members in a row), zlib, or the bare deflate that some servers send."""

    def __init__(self) -> None:
        self._begun = False
        self._members = 1
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        while chunk:
            if self._inflate.eof:
                self._members += 1
                if self._members > _MOST_MEMBERS:
                    raise BadEncoding
                self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)
            yield self._piece(chunk)
            chunk = self._inflate.unconsumed_tail or self._inflate.unused_data

    def _piece(self, chunk: bytes) -> bytes:
        try:
            piece = self._inflate.decompress(chunk, _PIECE_BYTES)
        except zlib.error as error:
            if self._begun:
                raise BadEncoding from error
            self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
            try:
                piece = self._inflate.decompress(chunk, _PIECE_BYTES)
            except zlib.error:
                raise BadEncoding from error
        self._begun = True
        return piece

    def end(self) -> None:
        if self._begun and not self._inflate.eof:
            raise BadEncoding
