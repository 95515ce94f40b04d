"""The hours of the day in which an RSS feed asks to be left alone: `<skipHours><hour>3</hour>…</skipHours>`, in GMT.

feedparser keeps only the last of them, so they are read from the channel's own text, for both readers alike.
"""

from __future__ import annotations

import re

#: A list of a day's hours is far shorter; without an end in sight nothing is looked for.
_LONGEST = 4_096
_START = re.compile(r"<skiphours\s*>", re.IGNORECASE)
_END = re.compile(r"</skiphours\s*>", re.IGNORECASE)
_HOUR = re.compile(r"<hour\s*>\s*([0-9]{1,2})\s*</hour\s*>", re.IGNORECASE)


def read(channel: str) -> tuple[int, ...]:
    """The hours, 0 to 23, sorted; none for a list that is too long or leaves no hour of the day."""
    start = _START.search(channel)
    end = _END.search(channel, start.end(), start.end() + _LONGEST) if start else None
    if start is None or end is None:
        return ()
    told = [int(each[1]) for each in _HOUR.finditer(channel, start.end(), end.start())]
    # 24 was midnight in RSS 0.91: https://www.rssboard.org/rss-profile#element-channel-skiphours-hour
    hours = {each % 24 for each in told if each <= 24}
    return tuple(sorted(hours)) if len(told) <= 24 and len(hours) < 24 else ()
