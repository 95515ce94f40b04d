"""The hash of what is compared of a post: equal hashes, nothing to report."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime

from crawler.model import COMPARED, Fields, IgnoreRule, Ref
from crawler.text.addresses import canonical_link, picture_address


def fields_hash(fields: Fields, rules: Sequence[IgnoreRule] = ()) -> str:
    """32 hexadecimal digits over the fields that were told and that no `field` rule leaves out."""
    ignored = {rule.field for rule in rules if rule.field is not None}
    told = {
        name: _comparable(name, value)
        for name in COMPARED
        if name not in ignored and (value := getattr(fields, name)) is not None
    }
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _comparable(name: str, value: object) -> object:
    if isinstance(value, Ref):
        return _ref(value, picture=name == "featured_image")
    if isinstance(value, tuple):
        return sorted((_ref(ref) for ref in value), key=str)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    return canonical_link(str(value)) if name == "link" else value


def _ref(ref: Ref, *, picture: bool = False) -> int | str:
    """By id where told: a renamed person or term is the same one."""
    if ref.id is not None:
        return ref.id
    return picture_address(ref.name) if picture else ref.name
