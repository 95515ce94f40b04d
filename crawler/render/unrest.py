"""The text of a Notice about posts that do not come to rest: what happens, and what one can do."""

from __future__ import annotations

from crawler.render.inert import one_line

_LONGEST = 200


def flapping(title: str | None, link: str | None, others: int) -> str:
    """Posts that show an older state and the newer one in turn; the first of them is named."""
    many = f" So do others of its posts ({others:,})." if others else ""
    return "\n".join(
        (
            f"{_post(title, link)} shows its latest state and the one before in turn, while its modified date does not"
            f" move forward.{many}",
            "No change is told for that. An edit that moves the date is told at once, any other as soon as three looks"
            " running show it.",
            "Most likely two caches or servers answer in turn, and one of them keeps an old copy: the site's owner can"
            " clear them. Told again only after it has settled.",
        )
    )


def restless(title: str | None, link: str | None, rule: str) -> str:
    """A post whose text changes at every look; `rule` is what takes that out of its text, if there is anything."""
    advice = "An `ignore` rule can take it out; a `css` rule needs the class of its element."
    if rule:
        advice = f"This rule under `ignore` takes it out; `crawler preview` shows what else it does:\n  {rule}"
    return "\n".join(
        (
            f"{_post(title, link)} changes at the same place at every look, while its modified date stays as it is.",
            "Until that date moves it alerts at most once a day. Every change is stored: `crawler changes`.",
            advice,
        )
    )


def _post(title: str | None, link: str | None) -> str:
    name = f"“{one_line(title, _LONGEST)}”" if title else "A post"
    return f"{name} ({one_line(link)})" if link else name
