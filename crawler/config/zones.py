"""The time zone of the system, for those who did not write one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

_LOCALTIME = Path("/etc/localtime")
_TIMEZONE = Path("/etc/timezone")


def system_zone(env: Mapping[str, str]) -> ZoneInfo:
    """`$TZ`, else what the system links or names, else UTC."""
    for name in (env.get("TZ", "").removeprefix(":"), _linked(), _named()):
        # only names of the database: a path could be any file
        if name and not name.startswith("/"):
            try:
                return ZoneInfo(name)
            except (OSError, ValueError, LookupError):
                continue
    return ZoneInfo("UTC")


def _linked() -> str:
    try:
        return str(_LOCALTIME.resolve()).partition("/zoneinfo/")[2]
    except OSError:
        return ""


def _named() -> str:
    try:
        return _TIMEZONE.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
