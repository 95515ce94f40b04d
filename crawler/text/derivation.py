"""Names what a text was derived by. Texts of two derivations are never compared: their difference is no edit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from crawler.model import IgnoreRule

#: Raised whenever the same HTML gives another text than before; stored with every Revision.
NORMALIZER_VERSION = 6


def derivation(rules: Sequence[IgnoreRule] = ()) -> str:
    """`4`, or `4:9f86d081` with rules.

    Their order counts: one regular expression may take away what the next one looks for. A `field` rule takes nothing
    out of the text, but out of its hash.
    """
    if not rules:
        return str(NORMALIZER_VERSION)
    told = json.dumps([[rule.css, rule.regex, rule.field] for rule in rules], ensure_ascii=True)
    return f"{NORMALIZER_VERSION}:{hashlib.sha256(told.encode()).hexdigest()[:8]}"
