"""Cloudflare's mail protection: another hexadecimal string at each look, always the same address."""

from __future__ import annotations

from lxml import etree

_PATH = "/cdn-cgi/l/email-protection"


def is_protected(href: str) -> bool:
    """Does the link lead to Cloudflare's explanation instead of a mailbox?"""
    return _PATH in href


def mail_of(element: etree._Element) -> str:
    """The address that a protected element hides, "" where it cannot be read."""
    return decoded(element.get("data-cfemail") or element.get("href", "").partition("#")[2])


def decoded(code: str) -> str:
    """`f99c9d908d968bb9…` is `editor@…`: the first byte is the key of all others. "" for what is no such code."""
    try:
        key, *rest = bytes.fromhex(code)
        return bytes(byte ^ key for byte in rest).decode()
    except ValueError:
        return ""
