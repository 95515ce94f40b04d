"""WordPress REST answers: collections and single posts, light listings, the index, the types, the errors."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from crawler.errors import ParseError
from crawler.model import IgnoreRule, Listed, Listing, Page, Sighting
from crawler.parse import record, unique, values
from crawler.parse.answers import SiteIndex
from crawler.parse.jsontext import load

#: WordPress answers at most 100 posts a page; whoever sends several times that ignores what was asked.
POSTS_LIMIT = 500

#: ASCII digits only, because it goes into an address; years to which a second can be added and that need no zeros.
_LOCAL_TIME = re.compile(r"(?!9999)[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")

__all__ = ["SiteIndex", "error_code", "index", "listing", "posts", "status", "types"]


def posts(body: bytes, *, rules: Sequence[IgnoreRule] = (), known: Collection[str] = frozenset()) -> Page:
    """The posts of a collection's page, or the one post of a single record.

    Raises ParseError when the document is not whole or holds no posts; a damaged post only becomes a line
    of `unreadable`.
    """
    value, notes = load(body)
    records = _records(value)
    sightings: list[Sighting] = []
    unreadable: list[str] = []
    for place, each in enumerate(records, start=1):
        try:
            sightings.append(record.sighting(record.reduced(_object(each)), rules, known))
        except ParseError as error:
            unreadable.append(f"{_name(each, place)}: {error}")
    kept, clashes = unique.by_id(sightings)
    dates = [each["date"] for each in values.objects(records) if _is_date(each.get("date"))]
    return Page(
        sightings=tuple(kept),
        unreadable=(*unreadable, *clashes),
        records=len(records),
        first_date=dates[0] if dates else None,
        last_date=dates[-1] if dates else None,
        notes=notes,
    )


def listing(body: bytes) -> Listing:
    """The ids and times of a light listing, in the order of the document."""
    listed: dict[int, Listed] = {}
    unreadable: list[str] = []
    for place, each in enumerate(_records(load(body).value), start=1):
        try:
            post = Listed(
                record.post_id(_object(each)), values.time(each.get("date_gmt")), values.time(each.get("modified_gmt"))
            )
        except ParseError as error:
            unreadable.append(f"{_name(each, place)}: {error}")
            continue
        if listed.setdefault(post.id, post) != post:
            unreadable.append(f"post {post.id}: it stands there twice with different times")
    return Listing(posts=tuple(listed.values()), unreadable=tuple(unreadable))


def status(body: bytes) -> str:
    """The status of a single record; `publish` where it tells none, since others are shown to its editors only."""
    value = load(body).value
    told = value.get("status", "publish") if isinstance(value, dict) else None
    if not isinstance(told, str):
        raise _unexpected(value, "a post")
    return told


def index(body: bytes) -> SiteIndex:
    """The index of a REST API (`/wp-json/`)."""
    value = load(body).value
    if not isinstance(value, dict) or not isinstance(value.get("namespaces"), list):
        raise _unexpected(value, "the index of a WordPress REST API")
    name = value.get("name")
    return SiteIndex(
        name=" ".join(html.unescape(values.text(name, "the site's name")).split()) if isinstance(name, str) else "",
        url=values.address(value.get("url")),
        home=values.address(value.get("home")),
        timezone=_timezone(value.get("timezone_string"), value.get("gmt_offset")),
        namespaces=tuple(each for each in value["namespaces"] if isinstance(each, str)),
    )


def types(body: bytes) -> dict[str, str]:
    """From `/wp/v2/types`: the type's name by the name of its collection, as in `{"posts": "post"}`."""
    value = load(body).value
    if error_code(body) or not isinstance(value, dict):
        raise _unexpected(value, "a list of post types")
    return {
        each["rest_base"]: str(each.get("slug", name))
        for name, each in value.items()
        if isinstance(each, dict)
        and isinstance(each.get("rest_base"), str)
        and each.get("rest_namespace", "wp/v2") == "wp/v2"
    }


def error_code(body: bytes) -> str | None:
    """The code of a REST error such as `rest_no_route`; None when the answer is none. Never raises ParseError."""
    try:
        value = load(body).value
    except ParseError:
        return None
    code = value.get("code") if isinstance(value, dict) and "message" in value else None
    return code if isinstance(code, str) and re.fullmatch(r"[\w.:-]{1,100}", code) else None


def _records(value: Any) -> list[Any]:
    if isinstance(value, dict) and "id" in value:
        value = [value]
    if not isinstance(value, list) or (value and not any(isinstance(each, dict) for each in value)):
        raise _unexpected(value, "a list of posts")
    if len(value) > POSTS_LIMIT:
        raise ParseError("too_large", f"{len(value):,} posts in one answer, more than {POSTS_LIMIT:,}")
    return value


def _object(each: Any) -> Mapping[str, Any]:
    if not isinstance(each, dict):
        raise values.damaged(f"it is {values.kind(each)} instead of an object")
    return each


def _is_date(value: object) -> bool:
    """Whether a walk may go on from it. Years that are not plausible will do: posts do stand in their order."""
    if not isinstance(value, str) or not _LOCAL_TIME.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _name(each: Any, place: int) -> str:
    number = each.get("id") if isinstance(each, dict) else None
    whole = isinstance(number, int) and not isinstance(number, bool) and 0 < number < 2**63
    return f"post {number}" if whole else f"record {place}"


def _unexpected(value: Any, wanted: str) -> ParseError:
    if isinstance(value, dict) and isinstance(value.get("message"), str):
        said = " ".join(value["message"].split())[:200]
        printable = "".join(each if each.isprintable() else "�" for each in said)
        return ParseError("not_data", f"the site answered with an error instead of {wanted}: {printable}")
    return ParseError("not_data", f"the answer is {values.kind(value)}, not {wanted}")


def _timezone(name: Any, offset: Any) -> str | None:
    if isinstance(name, str) and re.fullmatch(r"[\w+-]+(/[\w+-]+)*", name):
        return name
    try:
        # A string without a zone name and a number with one: both occur.
        minutes = round(float(offset) * 60)
    except (TypeError, ValueError, OverflowError):
        return None
    if not -16 * 60 < minutes < 16 * 60:
        return None
    hours, rest = divmod(abs(minutes), 60)
    shown = f"{hours}:{rest:02}" if rest else f"{hours}"
    return f"UTC{'-' if minutes < 0 else '+'}{shown}" if minutes else "UTC"
