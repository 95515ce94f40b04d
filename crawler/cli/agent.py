"""Who asks: what the program says of itself wherever it goes."""

from __future__ import annotations

from crawler import __version__
from crawler.config import Config


def user_agent(config: Config) -> str:
    """Says who asks, so that a site's owner can write to them."""
    contact = f" (+{config.contact})" if config.contact else ""
    return f"crawler/{__version__}{contact}"
