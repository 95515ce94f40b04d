"""Programs, mail servers and services repeat what they were told: what is secret in that is not told on."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: A shorter text is no secret, and to hide it would tear words apart.
_SHORTEST = 4


class Hidden:
    """Texts that nobody is to read, in capitals or small letters."""

    def __init__(self, texts: Iterable[str]) -> None:
        # Long ones first: one may stand in another.
        self._texts = sorted({text for text in texts if len(text) >= _SHORTEST}, key=len, reverse=True)

    @property
    def most_bytes(self) -> int:
        """How long one of them may be, in bytes of UTF-8."""
        return max((len(text.encode()) for text in self._texts), default=0)

    def out_of(self, said: str) -> str:
        """What was said, with `…` for each of them."""
        for text in self._texts:
            said = re.sub(re.escape(text), "…", said, flags=re.IGNORECASE)
        return said
