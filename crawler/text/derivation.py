"""Names what a text was derived by. Texts of two derivations are never compared: their difference is no edit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from crawler.model import IgnoreRule

#: Raised whenever the same HTML gives another text than before; stored with every Revision.
NORMALIZER_VERSION = 2


def derivation(rules: Sequence[IgnoreRule] = ()) -> str:
    """`2`, or `2:9f86d081` with rules that take something out of the text.

    A `field` rule takes nothing out: it counts when two states are compared. The order of rules counts, because
    one regular expression may take away what the next one looks for.
    """
    taking_out = [[rule.css, rule.regex] for rule in rules if rule.field is None]
    if not taking_out:
        return str(NORMALIZER_VERSION)
    told = json.dumps(taking_out, ensure_ascii=True)
    return f"{NORMALIZER_VERSION}:{hashlib.sha256(told.encode()).hexdigest()[:8]}"
