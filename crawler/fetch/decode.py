"""Content-Encoding undone piece by piece: whole or not at all, and never more than what was allowed.

The HTTP library's own decoding takes a gzip stream that was cut short for a whole one, and knows no limit.
"""

from __future__ import annotations

import zlib

from crawler.errors import FetchError
from crawler.fetch.access import printable

#: Inflated at most so much at a time, so that a bomb is noticed before it has gone off.
_STEP = 64 * 1024
#: Honest HTML shrinks to a fifth or a tenth; only after this much is the ratio looked at …
_RATIO_AFTER = 1024 * 1024
#: … and this one is a bomb.
_MAX_RATIO = 100

_GZIP = zlib.MAX_WBITS | 16
_ZLIB = zlib.MAX_WBITS
_RAW_DEFLATE = -zlib.MAX_WBITS


class Decoder:
    """Takes a body as it came over the wire and gives it back decoded. Raises FetchError."""

    def __init__(self, content_encoding: str, *, limit: int) -> None:
        self._encoding = _only_encoding(content_encoding)
        self._limit = limit
        self._inflate: zlib._Decompress | None = None
        self._head = b""
        self._pieces: list[bytes] = []
        self.wire_bytes = 0
        self.decoded_bytes = 0

    def feed(self, data: bytes) -> None:
        """Take the next piece from the wire. Raises FetchError with `too_large` or `protocol`."""
        self.wire_bytes += len(data)
        if self.wire_bytes > self._limit:
            raise _too_large(self._limit)
        if self._encoding == "identity":
            self._keep(data)
        elif self._inflate is None and len(self._head + data) < 2:
            self._head += data  # two bytes tell zlib from raw deflate
        else:
            self._inflate_all(self._head + data)
            self._head = b""

    def finish(self) -> bytes:
        """The whole decoded body. Raises FetchError with `truncated` when its end has not come."""
        if self._encoding != "identity" and (self._inflate is None or not self._inflate.eof):
            raise FetchError("truncated", f"the {self._encoding} stream ends after {self.wire_bytes} bytes, unfinished")
        return self.partial()

    def partial(self) -> bytes:
        """What has been decoded so far."""
        body = b"".join(self._pieces)
        self._pieces = [body]
        return body

    def _inflate_all(self, data: bytes) -> None:
        inflate = self._inflate = self._inflate or zlib.decompressobj(self._window_bits(data))
        while True:
            if inflate.eof and data:
                raise FetchError("protocol", f"there is something after the end of the {self._encoding} stream")
            try:
                piece = inflate.decompress(data, _STEP)
            except zlib.error as error:
                raise FetchError("protocol", f"the {self._encoding} stream is damaged ({error})") from None
            self._keep(piece)
            data = inflate.unconsumed_tail or inflate.unused_data
            if not data and len(piece) < _STEP:
                return

    def _window_bits(self, data: bytes) -> int:
        if self._encoding == "gzip":
            return _GZIP
        # "deflate" should be zlib's format, but many servers send the bare stream.
        is_zlib = data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
        return _ZLIB if is_zlib else _RAW_DEFLATE

    def _keep(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self.decoded_bytes += len(piece)
        if self.decoded_bytes > self._limit:
            raise _too_large(self._limit)
        if self.decoded_bytes > _RATIO_AFTER and self.decoded_bytes > _MAX_RATIO * self.wire_bytes:
            raise FetchError("too_large", f"the answer unpacks to more than {_MAX_RATIO} times its size")


def _only_encoding(header: str) -> str:
    names = [name.strip().lower() for name in header.split(",")]
    names = [name for name in names if name not in ("", "identity")]
    if not names:
        return "identity"
    if len(names) > 1:
        raise FetchError("protocol", "the answer is packed more than once, which is not undone")
    name = {"x-gzip": "gzip"}.get(names[0], names[0])
    if name not in ("gzip", "deflate"):
        raise FetchError(
            "protocol", f"the answer is packed as {printable(name, limit=40)!r} although gzip was asked for"
        )
    return name


def _too_large(limit: int) -> FetchError:
    return FetchError("too_large", f"the answer is larger than fetch.max_body ({limit} bytes)")
