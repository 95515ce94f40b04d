"""Packed bodies come out whole or not at all, wherever they are cut and however they arrive."""

from __future__ import annotations

import gzip
import zlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.errors import FetchError
from crawler.fetch.decode import Decoder
from tests.fetch.faults import FEED, bomb, raw_deflate

PACKERS = {"gzip": gzip.compress, "deflate": zlib.compress, "deflate raw": raw_deflate}
LIMIT = 1024 * 1024


def decode(wire: bytes, encoding: str, *, step: int = 16384, limit: int = LIMIT) -> bytes:
    decoder = Decoder(encoding.removesuffix(" raw"), limit=limit)
    for start in range(0, len(wire), step):
        decoder.feed(wire[start : start + step])
    return decoder.finish()


@pytest.mark.parametrize("encoding", PACKERS)
@given(body=st.binary(max_size=3000), step=st.integers(1, 700))
def test_what_was_packed_comes_out_in_whatever_pieces_it_arrives(encoding, body, step):
    assert decode(PACKERS[encoding](body), encoding, step=step) == body


@pytest.mark.parametrize("encoding", PACKERS)
def test_the_end_is_found_wherever_it_falls_in_a_step(encoding):
    # zlib may have taken in all of the input while some of the output has not come out yet.
    for size in range(2 * 65536 - 300, 2 * 65536 + 300):
        assert len(decode(PACKERS[encoding](bytes(size)), encoding)) == size


@pytest.mark.parametrize("encoding", PACKERS)
def test_cut_anywhere_it_is_no_body(encoding):
    wire = PACKERS[encoding](FEED)
    for end in range(len(wire)):
        with pytest.raises(FetchError) as caught:
            decode(wire[:end], encoding)
        assert caught.value.reason == "truncated", end


@settings(max_examples=200)
@given(position=st.integers(10, 10_000), flip=st.integers(1, 255))
def test_a_damaged_gzip_body_is_never_taken_for_another_text(position, flip):
    wire = bytearray(gzip.compress(FEED))
    wire[position % len(wire)] ^= flip
    with suppress(FetchError):
        assert decode(bytes(wire), "gzip") == FEED  # some bytes of its header mean nothing


@pytest.mark.parametrize("header", ["", "identity", " Identity , ", "gzip", "GZIP", "x-gzip", "identity, gzip"])
def test_encodings_are_known_by_their_names(header):
    assert decode(gzip.compress(b"a") if "zip" in header.lower() else b"a", header) == b"a"


@pytest.mark.parametrize("header", ["br", "gzip, gzip", "gzip, deflate", "zstd", "utf-8", "gzip;q=1"])
def test_other_encodings_are_failures(header):
    with pytest.raises(FetchError) as caught:
        Decoder(header, limit=LIMIT)
    assert caught.value.reason == "protocol"


@pytest.mark.parametrize(
    ("wire", "encoding", "words"),
    [
        (b"x" * (LIMIT + 1), "identity", "max_body"),
        (gzip.compress(bytes(range(256)) * 5000), "gzip", "max_body"),
        (b"x" * (LIMIT + 1), "gzip", "damaged"),
        (bomb(8 * LIMIT), "gzip", "max_body"),
    ],
)
def test_more_than_the_limit_is_too_large(wire, encoding, words):
    with pytest.raises(FetchError, match=words):
        decode(wire, encoding)


def test_a_ratio_that_no_text_has_is_a_bomb_even_within_the_limit():
    with pytest.raises(FetchError, match="100 times"):
        decode(bomb(4 * LIMIT), "gzip", limit=20 * LIMIT)
    assert len(decode(gzip.compress(bytes(LIMIT)), "gzip", limit=20 * LIMIT)) == LIMIT


def test_packed_bytes_count_against_the_limit_too():
    with pytest.raises(FetchError, match="max_body"):
        decode(gzip.compress(b"") * 100_000, "gzip", limit=1000, step=2000)


@pytest.mark.parametrize("rest", [b"\0", b"<!-- -->", gzip.compress(b"again", mtime=0)], ids=["nul", "comment", "gzip"])
@pytest.mark.parametrize("step", [1, 16384])
def test_nothing_may_follow_the_end(rest, step):
    with pytest.raises(FetchError, match="after the end"):
        decode(gzip.compress(b"body") + rest, "gzip", step=step)
