"""Keys whose feature does not exist yet. Writing one is an error; their defaults are no harm.

A key is named `SECTION.KEY`, or `SECTION.KEY=VALUE` where only one value is not available. The value of a row is
the version that brings it, or nothing where that is not known. Delete a row when its feature works.
"""

from __future__ import annotations

NOT_YET: dict[str, str] = {
    "web": "",
}


def not_yet(section: str, key: str, value: object = None) -> str | None:
    """What to tell of a key that was written, or None when it works. `section` is "" at the top of the file."""
    name = f"{section}.{key}" if section else key
    for row in (name, f"{name}={value}"):
        if row in NOT_YET:
            what = f"{key}: {value}" if row != name else key
            version = f"; it comes with version {NOT_YET[row]}" if NOT_YET[row] else ""
            return f"not available yet: {what}{version}; take it out for now"
    return None
