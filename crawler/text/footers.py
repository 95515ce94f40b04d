"""The footer that SEO plugins put below each post in feeds, and only there, in the site's language."""

from __future__ import annotations

import re
from collections.abc import Sequence

#: Yoast SEO's `The post %1$s appeared first on %2$s.` as it is translated, in canonical text: what stands before the
#: post's link, between the two, and behind the site's. Older and other plugins' wordings stand beside it.
_FOOTERS = (
    (r"(?:the|this) post", r"(?:appeared first on|first appeared on|was first published on)", ""),
    ("the article", "(?:appeared first on|first appeared on)", ""),
    ("der beitrag", "erschien zuerst auf", ""),
    ("l'article", "est apparu en premier sur", ""),
    ("la entrada", "(?:se publicó primero en|apareció primero en|aparece primero en)", ""),
    ("l'entrada", "ha aparegut primer a", ""),
    ("(?:il post|l'articolo)", "proviene da", ""),
    ("o (?:post|conteúdo)", "(?:apareceu|aparece) primeiro em", ""),
    ("het bericht", "verscheen eerst op", ""),
    ("(?:wpis|artykuł)", r"(?:pojawił się po?czątkowo na|pojawił się pierwszy raz w|pochodzi z serwisu)", ""),
    ("inlägget", "dök först upp på", ""),
    ("indlægget", r"(?:blev først udgivet på|kom først på|dukkede først op på)", ""),
    ("innlegget", r"(?:dukket først opp på|ble først publisert på)", ""),
    ("artikkeli", r"(?:julkaistiin ensimmäisen kerran|ilmestyi ensin)", ""),
    ("příspěvek", r"(?:pochází z|se nejdříve objevil na)", ""),
    ("príspevok", "zobrazený najskôr", ""),
    ("articolul", r"(?:apare prima dată în|a apărut mai întâi în)", ""),
    (r"az?(?:\(z\))?", "bejegyzés először", r"(?:.{0,20} jelent meg)?"),
    ("запись", "впервые появилась", ""),
    (r"(?:запис|допис)", r"(?:спершу|вперше) з'яви(?:вся|лася) на", ""),
    ("публикацията", "е публикувана за пръв път на", ""),
    ("το άρθρο", "εμφανίστηκε πρώτα στο", ""),
    ("", r"yazısı ilk önce", "(?:üzerinde ortaya çıktı)?"),
    ("artikel", "pertama kali tampil pada", ""),
    ("bài viết", r"(?:đã )?xuất hiện đầu tiên (?:vào ngày|trên)", ""),
    ("ظهرت المقالة", "أولا?ً? ?على", ""),
    ("הפוסט", r"(?:הופיע לראשונה ב|הופיע ראשון ב)-?", ""),
    ("投稿", "は", "に最初に表示されました"),
    ("", "게시물이", "처음 등장했습니다"),
    ("", "最先出现在", ""),
    (r"(?:這篇文章)?", "最早出現於", ""),
)
# The first link is the post's: a last paragraph without one, "The post office appeared first on Main Street", is text.
_LINKED = r"[^<>]{0,600}<[^<>\s]{1,2000}>\s*"


def _pattern(footers: Sequence[tuple[str, str, str]]) -> re.Pattern[str]:
    forms = (rf"{before}{_LINKED}{between}.{{0,600}}{behind}[.。]?" for before, between, behind in footers)
    return re.compile("|".join(forms), re.IGNORECASE | re.DOTALL)


_FOOTER = _pattern(_FOOTERS)


def is_footer(block: str) -> bool:
    """Whether a text's last block says no more than where the post appeared: `The post T <…> appeared first on S.`"""
    return _FOOTER.fullmatch(block) is not None
