"""Text of strangers for chats: what would call people or hide an address stays text. Nothing visible is changed."""

from __future__ import annotations

import re

#: Zero-width space: what chats look for does not stand there any more, and people see no difference.
_APART = "\u200b"
#: `@everyone`, `@channel`, `@room` and `@name` call people; `<@U1>`, `<!channel>`, `<users/all>` and `<at id="all">` do
#: so inside of brackets; and `[shown](hidden)` and `<hidden|shown>` are links that say one address and open another.
_CALLING = re.compile(r"@(?=\S)|<(?=[^\s<])|](?=[(\[])")


def defused(text: str) -> str:
    """The inert text, so that it calls nobody in a chat."""
    return _CALLING.sub(lambda found: found[0] + _APART, text)
