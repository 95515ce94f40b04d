"""What a real WordPress makes of the pairs that were written for it."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Sequence

from tests.corpus import TEXTS, Pair, Side
from tests.wordpress import WordPress

#: posts that WordPress gives at once
PAGE = 100


def render(site: WordPress, pairs: Sequence[Pair]) -> Iterator[tuple[Pair, tuple[Side, Side]]]:
    """Publish both sides of every pair that was written, and read them as a visitor does."""
    written = [(pair, sides) for pair in pairs if (sides := pair.written())]
    # Written over posts made in bulk: saving each as an editor does takes ten times as long.
    made = site.ctl("bulk", 2 * len(written), plain=1)
    posts = range(made["first_id"], made["last_id"] + 1)
    texts = [side for _, sides in written for side in sides]
    site.batch(
        ("raw-edit", post, *(f"--{field}={text}" for field, text in side.items()))
        for post, side in zip(posts, texts, strict=True)
    )
    rendered: dict[int, Side] = {}
    for start in range(0, len(posts), PAGE):
        rendered.update(_read(site, posts[start : start + PAGE]))
    for number, (pair, _) in enumerate(written):
        yield pair, (rendered[posts[2 * number]], rendered[posts[2 * number + 1]])


def _read(site: WordPress, posts: Sequence[int]) -> dict[int, Side]:
    include = ",".join(map(str, posts))
    url = f"{site.url}/wp-json/wp/v2/posts?include={include}&per_page={PAGE}&_fields=id,{','.join(TEXTS)}"
    with urllib.request.urlopen(url, timeout=60) as answer:
        return {post["id"]: {field: post[field]["rendered"] for field in TEXTS} for post in json.load(answer)}
