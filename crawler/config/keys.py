"""What all sections of the file have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Keys(BaseModel):
    """A mapping with these keys and no others."""

    # defaults are written as users write them, so they are read like anything else
    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, hide_input_in_errors=True)


def key(default: object, description: str = "", **more: Any) -> Any:
    """A key with a default, as it would be written in the file."""
    return Field(default=default, description=description or None, **more)


def one_or_more(value: object) -> Sequence[object]:
    """A list of one where a single value may stand for it."""
    return value if isinstance(value, (list, tuple)) else [value]
