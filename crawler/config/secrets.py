"""Secrets and URLs that may hold one: they must come by reference, and no message ever quotes them."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from pydantic_core import PydanticCustomError

from crawler.config import addresses
from crawler.config.reads import line
from crawler.config.references import Referenced, Secret, without_references, written

#: The kind of error whose message ends with the line to write; who reports it knows the key.
IN_THE_FILE = "secret_in_the_file"
#: In bytes: what Standard Webhooks asks for.
_SHORTEST_KEY = 24


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteAddress:
    """A Source's URL. User and password are taken out of it, because the URL is stored and shown."""

    url: str
    username: str | None
    password: Secret | None


def secret(value: object) -> Secret:
    """A secret that is nothing but references."""
    if value is None or value == "":
        raise ValueError("is empty; write a reference or take the line out")
    if not isinstance(value, Referenced) or without_references(value.written).strip():
        raise _in_the_file()
    return Secret(line(value), value.written)


def signing_secret(value: object) -> Secret:
    """A secret of Standard Webhooks: `whsec_` and base64 of a key that nobody can guess."""
    found = secret(value)
    text = found.get_secret_value().removeprefix("whsec_")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:  # binascii.Error
        key = b""
    if len(key) < _SHORTEST_KEY:
        raise ValueError(
            f"is no signing secret: it must be whsec_ and base64 of {_SHORTEST_KEY} bytes or more,"
            " as `openssl rand -base64 32` makes it"
        )
    return found


def partly_secret(value: object) -> Secret:
    """A text with at least one reference in it: the header `Bearer ${TOKEN}`, the address of a chat."""
    if not isinstance(value, Referenced) or without_references(value.written) == value.written:
        raise _in_the_file()
    return Secret(line(value), value.written)


def header(value: object) -> Secret:
    """The value of an HTTP header."""
    found = partly_secret(value)
    if not found.get_secret_value().isascii():
        raise ValueError("has a letter in it that a header cannot carry")
    return found


def site_address(value: object) -> SiteAddress:
    """The URL of a site or feed."""
    text = line(value)
    _check_userinfo(value)
    found = addresses.address(text)
    if found.username is not None and found.password is None:
        raise ValueError("has a user but no password in it; write the keys username and password instead")
    password = None if found.password is None else Secret(found.password, _shown(value))
    return SiteAddress(url=found.url, username=found.username, password=password)


def secret_address(value: object) -> Secret:
    """A URL that is hidden as a whole, since its path is often the key: a webhook, a heartbeat, a proxy."""
    text = line(value)
    _check_userinfo(value)
    addresses.address(text)
    return Secret(text, _shown(value))


def public_address(value: object) -> str:
    """A URL that everybody may see."""
    found = addresses.address(line(value))
    if found.username is not None:
        raise ValueError("has a user or password in it, which does not belong here")
    return found.url


def _check_userinfo(value: object) -> None:
    """In what is written, a password in a URL must be a reference (and so must a user that stands alone)."""
    text = without_references(_shown(value), instead="\0")
    found = re.match(r"[^/?#]*//([^/?#]*)@", text)
    if found is not None:
        user, colon, password = found[1].partition(":")
        if (password if colon else user).strip("\0"):
            raise _in_the_file()


def _shown(value: object) -> str:
    return written(value) if isinstance(value, str) else ""


def _in_the_file() -> PydanticCustomError:
    return PydanticCustomError(IN_THE_FILE, "is a secret, which must not stand in the file")
