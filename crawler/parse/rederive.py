"""Derives again from a stored original, for a new normaliser or new ignore rules."""

from __future__ import annotations

from collections.abc import Sequence

from crawler.model import IgnoreRule
from crawler.parse import feedrecord, record
from crawler.parse.answers import Derived
from crawler.parse.original import unseal
from crawler.text import fields_hash


def rederive(original: bytes, rules: Sequence[IgnoreRule] = ()) -> Derived:
    """Fields and hash of an original as it is stored: the same as its Sighting would get today."""
    kept = unseal(original)
    fields = feedrecord.fields(kept, rules) if "format" in kept else record.fields(kept, rules)
    return Derived(fields=fields, text_hash=fields_hash(fields, rules))
