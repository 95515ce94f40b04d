"""Real and hand-made documents beside what must come out of them: `corpus/NAME` and `corpus/NAME.expected.json`.

A new parsing bug is a new pair of files. Those called `rest_…` are REST answers, the others feeds.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from crawler.errors import ParseError
from crawler.parse.feed import feed
from crawler.parse.original import unseal
from crawler.parse.wordpress import posts
from tests.parse.documents import URL

CORPUS = Path(__file__).parent / "corpus"
DOCUMENTS = sorted(path.name for path in CORPUS.iterdir() if not path.name.endswith(".expected.json"))


def outcome(name: str, body: bytes) -> dict[str, Any]:
    """A Page with its originals unpacked and without what is only a fingerprint of it; or the error.

    Of the canonical text it says only whether there is any: what it is like is tested beside `crawler.text`.
    """
    try:
        page = posts(body) if name.startswith("rest_") else feed(body, url=URL)
    except ParseError as error:
        return {"reason": error.reason, "error": str(error)}
    told: dict[str, Any] = json.loads(msgspec.json.encode(page))
    for sighting, plain in zip(page.sightings, told["sightings"], strict=True):
        assert sighting.original and plain.pop("raw_hash") and plain.pop("text_hash")
        plain["original"] = unseal(sighting.original)
        plain["fields"]["content"] = "told" if plain["fields"]["content"] is not None else None
    return told


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_read_as_expected(name: str) -> None:
    expected = json.loads((CORPUS / f"{name}.expected.json").read_text("utf-8"))
    assert outcome(name, (CORPUS / name).read_bytes()) == expected
