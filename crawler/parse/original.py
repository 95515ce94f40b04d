"""The original of a Sighting: what was said of a post as canonical JSON, its hash, and its compressed form."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
import zstandard

#: Part of every raw hash: to be raised when records are built differently, so that all posts are derived anew.
VERSION = 1


class Original(NamedTuple):
    """Canonical JSON with its hash."""

    raw_hash: str
    text: bytes

    def compressed(self) -> bytes:
        """As it is stored."""
        return zstandard.compress(self.text)


def seal(record: Mapping[str, Any]) -> Original:
    """The record as bytes that are the same for equal records: keys sorted, no spaces, UTF-8.

    Its strings must be free of lone surrogates.
    """
    text = msgspec.json.encode(record, order="sorted")
    return Original(_hash(VERSION, text), text)


def unseal(compressed: bytes) -> dict[str, Any]:
    """The record of a stored original."""
    record: dict[str, Any] = msgspec.json.decode(zstandard.decompress(compressed))
    return record


def is_whole(raw_hash: str, compressed: bytes) -> bool:
    """Whether a stored original is still what its hash was made of, by this version or an earlier one."""
    try:
        text = zstandard.decompress(compressed)
    except (zstandard.ZstdError, MemoryError):
        return False
    return any(_hash(version, text) == raw_hash for version in range(VERSION, 0, -1))


def _hash(version: int, text: bytes) -> str:
    return hashlib.sha256(b"%d\n%b" % (version, text)).hexdigest()[:32]
