"""The hash of what is compared of a post: equal hashes, nothing to report."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime

from crawler.model import COMPARED, Fields, IgnoreRule, Ref
from crawler.text.addresses import canonical_link, picture_address
from crawler.text.words import undivided


def fields_hash(fields: Fields, rules: Sequence[IgnoreRule] = ()) -> str:
    """32 hexadecimal digits over the fields that were told and that no `field` rule leaves out."""
    ignored = {rule.field for rule in rules if rule.field is not None}
    return _hash({name: value for name, value in _told(fields).items() if name not in ignored})


def field_hashes(fields: Fields) -> dict[str, str]:
    """16 hexadecimal digits for each field that was told: by them one sees which one moved, without the text."""
    return {name: _hash(value)[:16] for name, value in _told(fields).items()}


def _told(fields: Fields) -> dict[str, object]:
    return {name: _comparable(name, value) for name in COMPARED if (value := getattr(fields, name)) is not None}


def _hash(told: object) -> str:
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _comparable(name: str, value: object) -> object:
    if isinstance(value, Ref):
        return _ref(value, picture=name == "featured_image")
    if isinstance(value, tuple):
        return sorted((_ref(ref) for ref in value), key=str)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    if name in ("content", "excerpt"):
        return undivided(str(value))
    return canonical_link(str(value)) if name == "link" else value


def _ref(ref: Ref, *, picture: bool = False) -> int | str:
    """By id where told: a renamed person or term is the same one."""
    if ref.id is not None:
        return ref.id
    return picture_address(ref.name) if picture else ref.name
