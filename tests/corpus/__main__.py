"""`python -m tests.corpus [NAME…]`: have a real WordPress render the pairs again, and keep what it says."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.corpus import load
from tests.corpus.rendering import render
from tests.wordpress import WordPress


def main(names: list[str]) -> None:
    pairs = [pair for pair in load() if not names or pair.name in names]
    site = WordPress.up(Path(tempfile.mkdtemp(prefix="corpus-")))
    try:
        for pair, rendered in render(site, pairs):
            pair.store(rendered)
            print(pair.name)
    finally:
        site.down()


main(sys.argv[1:])
