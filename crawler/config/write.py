"""Writes values back as YAML on one line, in the spelling that people would use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from crawler.config import plain, scalars
from crawler.config.references import Secret
from crawler.model import RouteMatch

_SAFE = re.compile(r"[\w./][\w./@+~-]*", re.ASCII)
_URL = re.compile(r"https?://[\w./@+~%=&?:-]*[\w/]", re.ASCII)
_REFERENCE = re.compile(r"\$\{[\w./:-]+\}", re.ASCII)


def write(value: object, *, inside: bool = False) -> str:
    """The value as YAML; `inside` a list or map on the same line more must be quoted."""
    if isinstance(value, SecretStr):
        return write_text(value.reference if isinstance(value, Secret) else "", inside=inside)
    if isinstance(value, RouteMatch):
        value = {key: each for key, each in asdict(value).items() if each is not None}
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_literal(key)}: {write(each, inside=True)}" for key, each in value.items()) + "}"
    if isinstance(value, (scalars.Quiet, scalars.Listen)):
        return f"'{value}'"
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(write(each, inside=True) for each in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, timedelta):
        return scalars.write_duration(value)
    if isinstance(value, ZoneInfo):
        return value.key
    return str(value) if isinstance(value, (int, float)) else _literal(str(value), inside=inside)


def write_as_written(value: object, *, inside: bool = False) -> str:
    """A value as it stands in the file, whose references are not resolved."""
    if isinstance(value, Mapping):
        members = (f"{write_text(key)}: {write_as_written(each, inside=True)}" for key, each in value.items())
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(write_as_written(each, inside=True) for each in value) + "]"
    return write_text(value, inside=inside) if isinstance(value, str) else write(value, inside=inside)


def write_text(text: str, *, inside: bool = True) -> str:
    """A text with its references as they are."""
    if not text.isprintable():
        return '"' + "".join(_escaped(letter) for letter in text) + '"'
    plain_enough = _SAFE.fullmatch(text) or (not inside and (_URL.fullmatch(text) or _REFERENCE.fullmatch(text)))
    if plain_enough and isinstance(plain.resolve(text), str) and not plain.looks_like_a_time(text):
        return text
    return "'" + text.replace("'", "''") + "'"


def _literal(text: str, *, inside: bool = True) -> str:
    """A text in which nothing is to be taken for a reference."""
    return write_text(text.replace("${", "$${"), inside=inside)


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return f"\\{letter}"
    return letter if letter.isprintable() else f"\\U{ord(letter):08x}"
