"""An alert object as bytes: the same for the same alert, so that a receiver can tell a repeat by them too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def body_of(payload: Mapping[str, Any]) -> bytes:
    """Compact JSON in UTF-8, on one line."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
