"""One record of a REST collection: reduced to what is the post's, then made a Sighting."""

from __future__ import annotations

import html
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from crawler.model import Fields, IgnoreRule, Ref, Sighting
from crawler.parse import values
from crawler.parse.original import seal
from crawler.text import canonical_title, fields_hash, texts

Record = Mapping[str, Any]


def reduced(record: Record) -> dict[str, Any]:
    """What counts of a record, checked. A key that was not told is absent. Raises ParseError for a damaged post."""
    kept: dict[str, Any] = {"id": post_id(record)}
    for name in ("date_gmt", "modified_gmt"):
        if name in record:
            kept[name] = record[name] if values.time(record[name]) else None
    for name in ("link", "type"):
        if record.get(name) is not None:
            kept[name] = values.text(record[name], name, values.ADDRESS_LIMIT)
    for name, limit in (
        ("guid", values.ADDRESS_LIMIT),
        ("title", values.FIELD_LIMIT),
        ("content", values.FIELD_LIMIT),
        ("excerpt", values.FIELD_LIMIT),
    ):
        if name in record:
            kept[name] = _rendered(record[name], name, limit)
    for name in ("author", "featured_media"):
        if record.get(name) is not None:
            kept[name] = values.number(record[name], name)
    for name in ("categories", "tags"):
        if record.get(name) is not None:
            kept[name] = values.numbers(record[name], name)
    if isinstance(record.get("_embedded"), dict):
        kept["_embedded"] = _names(record["_embedded"])
    return kept


def post_id(record: Record) -> int:
    """The record's id. Raises ParseError without a usable one."""
    if "id" not in record:
        raise values.damaged("it has no id")
    return values.number(record["id"], "its id", least=1)


def _rendered(value: object, name: str, limit: int) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise values.damaged(f"{name} is {values.kind(value)} instead of an object")
    kept: dict[str, Any] = {}
    if "rendered" in value:
        kept["rendered"] = values.text(value["rendered"], name, limit)
    if value.get("protected") is True:
        kept["protected"] = True
    return kept


def _names(embedded: Record) -> dict[str, Any]:
    """The names that stand beside the ids; avatars, links and descriptions are not the post's."""
    terms = embedded.get("wp:term")
    return {
        "author": _pick(embedded.get("author"), ("id", "name")),
        "wp:term": [
            term
            for group in (terms if isinstance(terms, list) else ())
            for term in _pick(group, ("id", "name", "taxonomy"))
        ],
        "wp:featuredmedia": _pick(embedded.get("wp:featuredmedia"), ("id", "source_url")),
    }


def _pick(records: object, names: tuple[str, ...]) -> list[dict[str, Any]]:
    # An author or medium that may not be shown is embedded as an error object: without an id, so left out.
    return [
        {"id": values.number(each["id"], f"the {names[1]}'s id")}
        | {name: values.text(each[name], name) for name in names[1:] if isinstance(each.get(name), str)}
        for each in values.objects(records)
        if each.get("id") is not None
    ]


def sighting(kept: Record, rules: Sequence[IgnoreRule], known: Collection[str]) -> Sighting:
    """The Sighting of a reduced record. Nothing is derived when its raw hash is among the known ones."""
    original = seal(kept)
    fresh = original.raw_hash not in known
    derived = fields(kept, rules) if fresh else None
    guid = html.unescape(kept.get("guid", {}).get("rendered", ""))
    return Sighting(
        wp_id=kept["id"],
        guid=guid or None,
        link=values.address(kept.get("link")),
        type=kept.get("type") or "post",
        protected=is_protected(kept),
        published_at=values.time(kept.get("date_gmt")),
        modified_at=values.time(kept.get("modified_gmt")),
        raw_hash=original.raw_hash,
        fields=derived,
        text_hash=fields_hash(derived, rules) if derived else None,
        original=original.compressed() if fresh else None,
    )


def is_protected(kept: Record) -> bool:
    """Whether a password hides the text; such an answer has empty content, which is no edit."""
    return any("protected" in kept.get(name, {}) for name in ("content", "excerpt"))


def fields(kept: Record, rules: Sequence[IgnoreRule]) -> Fields:
    """What is compared of a reduced record."""
    title = kept.get("title", {}).get("rendered")
    content, excerpt = (None, None) if is_protected(kept) else _texts(kept, rules)
    embedded = kept.get("_embedded", {})
    terms = {each["id"]: canonical_title(each.get("name", "")) for each in embedded.get("wp:term", ())}
    return Fields(
        title=None if title is None else canonical_title(title),
        content=content,
        excerpt=excerpt,
        link=values.address(kept.get("link")),
        author=_ref(kept.get("author"), embedded.get("author", ()), "name"),
        published_at=values.time(kept.get("date_gmt")),
        categories=_terms(kept.get("categories"), terms),
        tags=_terms(kept.get("tags"), terms),
        featured_image=_ref(kept.get("featured_media"), embedded.get("wp:featuredmedia", ()), "source_url"),
    )


def _texts(kept: Record, rules: Sequence[IgnoreRule]) -> tuple[str | None, str | None]:
    return texts(kept.get("content", {}).get("rendered"), kept.get("excerpt", {}).get("rendered"), rules)


def _ref(number: int | None, embedded: Sequence[Record], name: str) -> Ref | None:
    if number is None:
        return None
    names = (each.get(name, "") for each in embedded if each["id"] == number)
    return Ref(id=number, name=html.unescape(next(names, "")).strip())


def _terms(numbers: Sequence[int] | None, names: Mapping[int, str]) -> tuple[Ref, ...] | None:
    if numbers is None:
        return None
    return tuple(Ref(id=each, name=names.get(each, "")) for each in numbers)
