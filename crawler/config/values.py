"""The types of the configuration's single values, for the models in `shape`: a reader and a JSON Schema each."""

from __future__ import annotations

import re
import warnings
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from cssselect import HTMLTranslator, SelectorError
from lxml import etree

from crawler.config import addresses, reads, scalars, secrets
from crawler.config.reads import Reads, any_text, choice, show, told
from crawler.config.references import Secret
from crawler.model import COMPARED
from crawler.model.change import CHANGE_KINDS, ChangeKind


def _regex(value: object) -> str:
    text = any_text(value)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(text)
    except re.error as error:
        where = f" at character {error.pos + 1}" if error.pos is not None else ""
        raise ValueError(f"{show(value)} is not a regular expression: {error.msg}{where}") from None
    except (RecursionError, OverflowError):
        raise ValueError(f"{show(value)} is too large for a regular expression") from None
    return text


def _ignored_regex(value: object) -> str:
    """What the text of posts is searched for, by a library whose searches can be stopped."""
    text = _regex(value)
    # Most configs have none, and it takes longer to import than such a config to read.
    import regex

    try:
        regex.compile(text)
    except regex.error as error:
        raise ValueError(f"{show(value)} is not a regular expression: {error.msg}") from None
    return text


def _css(value: object) -> str:
    text = any_text(value)
    try:
        # Tried, not only translated: a namespace that nobody declared is found out at the first search.
        etree.XPath(HTMLTranslator().css_to_xpath(text))(etree.Element("p"))
    except (SelectorError, etree.XPathError, RecursionError):
        raise ValueError(f"{show(value)} is not a CSS selector; write one such as '.related, #survey > p'") from None
    return text


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (OSError, ValueError, LookupError):
        raise ValueError("is no time zone; write one such as Europe/Berlin, Asia/Seoul or UTC") from None


def _contact(text: str) -> str:
    # it goes into the User-Agent, between parentheses
    if not text.isascii() or re.search(r"[()\\;]", text) or not re.search(r"@|https?://", text):
        raise ValueError("is neither a mail address nor the URL of a page that says who you are")
    return text


def _word(text: str) -> str:
    if not re.fullmatch(_WORD, text, re.ASCII):
        raise ValueError("is no such name; it has only letters, digits, - and _")
    return text


def _header_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", text):
        raise ValueError("is no name of a header")
    if text.lower() in _OWN_HEADERS:
        raise ValueError("is a header that the crawler sets itself")
    return text


def _baseline(value: object) -> str | int | timedelta:
    found = reads.retyped(value)
    if found == "all":
        return "all"
    if isinstance(found, int) and not isinstance(found, bool) and 0 < found <= 10**9:
        return found
    try:
        age = scalars.duration(any_text(found))
    except ValueError:
        age = timedelta()
    if not age:
        raise ValueError(f"must be all, a number of the newest posts (200) or an age (90d), not {show(value)}")
    return age


_WORD = r"[A-Za-z0-9_-]+"
#: Those that fetch needs for itself: the connection, conditions, encodings, and the User-Agent that says who we are.
_OWN_HEADERS = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "host",
        "if-modified-since",
        "if-none-match",
        "range",
        "te",
        "transfer-encoding",
        "user-agent",
    }
)
_BY_REFERENCE = {"type": "string", "pattern": r"\$\{", "description": "a reference: ${NAME} or ${file:PATH}"}


def _string(**more: Any) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, **more}


Text = Annotated[str, Reads(reads.line, _string())]
Path = Annotated[str, Reads(reads.line, _string(description="relative to the folder of this file"))]
Flag = Annotated[bool, Reads(reads.flag, {"type": "boolean"})]
Name = Annotated[str, Reads(told(_word), _string(pattern=f"^{_WORD}$"))]
Size = Annotated[int, Reads(reads.size, _string(pattern=scalars.SIZE_PATTERN))]
Zone = Annotated[ZoneInfo, Reads(told(_zone), _string())]
Contact = Annotated[str, Reads(told(_contact), _string())]
Regex = Annotated[str, Reads(_regex, _string(format="regex"))]
IgnoredRegex = Annotated[str, Reads(_ignored_regex, _string(format="regex"))]
Css = Annotated[str, Reads(_css, _string())]
Cidr = Annotated[IPv4Network | IPv6Network, Reads(told(addresses.network), _string())]
QuietSpan = Annotated[scalars.Quiet, Reads(told(scalars.quiet), _string(pattern=scalars.QUIET_PATTERN))]
ListenAddress = Annotated[scalars.Listen, Reads(told(scalars.listen), _string(pattern=r":\d+$"))]
Baseline = Annotated[
    Literal["all"] | int | timedelta,
    Reads(
        _baseline,
        {
            "anyOf": [
                {"const": "all"},
                {"type": "integer", "minimum": 1},
                {"type": "string", "pattern": scalars.DURATION_PATTERN},
            ]
        },
    ),
]
Kind = Annotated[ChangeKind, choice(*CHANGE_KINDS)]
Field = Annotated[str, choice(*COMPARED)]

SecretText = Annotated[Secret, Reads(secrets.secret, _BY_REFERENCE)]
SigningSecret = Annotated[Secret, Reads(secrets.signing_secret, _BY_REFERENCE)]
SecretPart = Annotated[Secret, Reads(secrets.partly_secret, _BY_REFERENCE)]
HeaderValue = Annotated[Secret, Reads(secrets.header, _BY_REFERENCE)]
HeaderName = Annotated[str, Reads(told(_header_name), _string())]
SiteUrl = Annotated[secrets.SiteAddress, Reads(secrets.site_address, _string(format="uri"))]
HiddenUrl = Annotated[Secret, Reads(secrets.secret_address, _string())]
PublicUrl = Annotated[str, Reads(secrets.public_address, _string(format="uri"))]
