"""Addresses as they are compared: without scheme, tracking, size variants and delivery networks."""

from __future__ import annotations

import re
from urllib.parse import unquote

_PARTS = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*):)?(?://(?P<host>[^/?#]*))?(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?P<fragment>#.*)?",
    re.IGNORECASE | re.DOTALL,
)
_PLAIN = re.compile(r"[!-~]*")
_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~@")

#: Parameters that say how a reader came, which copy a cache holds or which one-time token was handed out.
_NOISE = re.compile(
    r"(?:utm_|mtm_|pk_|hsa_|mc_[ce]id|vero_)\w*|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid"
    r"|igshid|igsh|srsltid|mkt_tok|li_fat_id|s_kwcid|ref_src|_ga|_gl|_hs\w+|ver|nonce|_wpnonce|cmpid|ncid|_",
    re.I,
)
#: In a jump within the page: numbers of posts, uuids and the like, which plugins make and may make anew at each look.
_MADE = re.compile(r"\d{5}|(?=[a-f]*\d)[0-9a-f]{7}")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}

_PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif|svg|bmp|tiff?|heic)$", re.I)
#: WordPress and its plugins make these beside the original: smaller sizes, `-scaled`, webp and avif twins.
_VARIANT = re.compile(
    r"(?:-scaled|-rotated)?(?:-\d{1,5}x\d{1,5})?(?:@\dx)?(?:-jpe?g|-png)?(?:\.(?:jpe?g|png|webp|avif|heic))+$",
    re.IGNORECASE,
)
_MEDIA = re.compile(r"\.(?:mp3|m4a|ogg|oga|wav|flac|mp4|m4v|webm|ogv|mov)$", re.I)
#: Delivery networks that put a picture's own address behind theirs: Photon, Statically; Cloudflare keeps the host.
_FORWARDED = re.compile(r"^//(?:i\d\.wp\.com|cdn\.statically\.io/img)/")
_RESIZED = re.compile(r"^((?://[^/]*)?)/cdn-cgi/image/[^/]*/")
#: ShortPixel, Optimole, Cloudflare and others: `cdn.shortpixel.ai/spai/w_300/https://example.org/a.jpg`.
_WITHIN = re.compile(r"^.*[/=]https?:/+(?=[^/])")
#: The folders of uploads, and those beside them in which plugins keep webp twins (WebP Converter for Media, Smush, WebP
#: Express). Whatever host or network shows it: a file in there is the same file.
_UPLOADS = re.compile(
    r"^.*/(wp-content|app)/(?:uploads-webpc/uploads|smush-webp|webp-express/webp-images/uploads|uploads)/(.+)$"
)


def canonical_link(url: str) -> str:
    """A post's link as it is compared: `https://Example.org:443/a/#b` is `example.org/a/#b`."""
    parts = _split(url)
    if parts is None:
        return url.strip()
    host, path, query, fragment = parts
    return host + _escapes_folded(path or ("/" if host else "")) + _escapes_folded(query) + _escapes_folded(fragment)


def address(url: str) -> str:
    """Where a link in the text leads: `https://example.org/a/?utm_source=x` is `//example.org/a`, "" is nowhere."""
    url = url.strip()
    if url.startswith("#"):
        return "" if url == "#" or _MADE.search(url) else _one_word(_escapes_folded(url))
    scheme = url[: url.find(":") + 1].lower()
    if scheme == "mailto:":
        return "mailto:" + _escapes_folded(url[7:].partition("?")[0].strip())
    if scheme in ("javascript:", "data:", "about:", "blob:"):
        return ""
    parts = _split(url)
    if parts is None:
        return _one_word(url)
    host, path, query, fragment = parts
    path = path.rstrip("/") if host or len(path) > 1 else path
    return _one_word(("//" + host if host else "") + _escapes_folded(path) + _query(query) + _escapes_folded(fragment))


def picture_address(url: str) -> str:
    """A picture's address, the same for all its sizes, formats and delivery networks."""
    plain = address(url)
    path = plain.partition("?")[0].partition("#")[0]
    if not _PICTURE.search(path):
        return plain
    if uploads := _UPLOADS.match(path):
        path = f"/{uploads[1]}/uploads/{uploads[2]}"
    else:
        path = _WITHIN.sub("//", _RESIZED.sub(r"\1/", _FORWARDED.sub("//", path)))
    return _VARIANT.sub("", path)


def media_address(url: str) -> str:
    """The address of a film, a recording or an embed, without the parts that players and WordPress count up."""
    plain = address(url).partition("#")[0].replace("//www.youtube-nocookie.com/", "//www.youtube.com/")
    path = plain.partition("?")[0]
    return path if _MEDIA.search(path) else plain


def _split(url: str) -> tuple[str, str, str, str] | None:
    """Host in lower case without default port, path, query, fragment; None for what is not http."""
    match = _PARTS.match(url.strip())
    if match is None:
        return None
    scheme = (match["scheme"] or "").lower()
    if scheme not in ("", "http", "https"):
        return None
    host = (match["host"] or "").rpartition("@")[2].lower()
    for port in _DEFAULT_PORTS.values() if not scheme else (_DEFAULT_PORTS[scheme],):
        host = host.removesuffix(port)
    return host.removesuffix("."), match["path"], match["query"] or "", match["fragment"] or ""


def _query(query: str) -> str:
    if len(query) < 2:
        return ""
    kept = [pair for pair in query[1:].split("&") if pair and not _NOISE.fullmatch(pair.partition("=")[0])]
    return "?" + _escapes_folded("&".join(kept)) if kept else ""


def _escapes_folded(text: str) -> str:
    """Escapes that need not be there are undone, the others written alike: `%ec%84%9c` is `서`, `%2f` is `%2F`."""
    return _ESCAPES.sub(_unescaped, text) if "%" in text else text


def _unescaped(match: re.Match[str]) -> str:
    try:
        decoded = unquote(match[0], errors="strict")
    except UnicodeDecodeError:
        return match[0].upper()
    return "".join(
        char
        if char in _UNRESERVED or (ord(char) > 0xA0 and char.isprintable())
        else "".join(f"%{byte:02X}" for byte in char.encode())
        for char in decoded
    )


def _one_word(text: str) -> str:
    """The address without anything that could end it early."""
    if _PLAIN.fullmatch(text) and "<" not in text and ">" not in text:
        return text
    return "".join(char if char.isprintable() and char not in " <>" else f"%{ord(char):02X}" for char in text)
