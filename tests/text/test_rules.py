"""All rules of canonical text on one page, each shown both ways: two renderings that are one text, and an edit.

A row is `rule: (html, the same to a reader, an edit)`. Rows of `TYPOGRAPHY` have two ways to write one thing: the same
in a paragraph, and not the same in code.
"""

from __future__ import annotations

import pytest

from crawler.decide.fields import differing
from crawler.model import Fields
from crawler.text import canonical_text, fields_hash
from crawler.text.plugins import PLUGINS

SITE = "https://example.org"
UPLOAD = f"{SITE}/wp-content/uploads/2024/01"
CODE_OF_MAIL = "/cdn-cgi/l/email-protection"


def img(src: str, more: str = "", alt: str = "Port") -> str:
    return f'<p><img src="{src}" alt="{alt}"{more}></p>'


def link(href: str, words: str = "the ministry") -> str:
    return f'<p>Said <a href="{href}">{words}</a> today.</p>'


BLOCKS = {
    "a paragraph's words": ("<p>twelve tanks</p>", "twelve tanks", "<p>twenty tanks</p>"),
    "figures": ("<p>rose 12 %</p>", "<div>rose 12 %</div>", "<p>rose 21 %</p>"),
    "signs": ("<p>rose −5 %</p>", "<p><b>rose</b> −5 %</p>", "<p>rose +5 %</p>"),
    "a hyphen that joins": ("<p>re-sign</p>", "<p>re‑sign</p>", "<p>resign</p>"),
    "letter case": ("<p>Us</p>", "<p><em>Us</em></p>", "<p>US</p>"),
    "a heading's level": ("<h2>Army</h2>", "<h3>Army</h3>", "<h2>Navy</h2>"),
    "a list's type": ("<ul><li>one<li>two</ul>", "<ol><li>one<li>two</ol>", "<ol><li>two<li>one</ol>"),
    "a quote": ("<blockquote><p>No.</p><cite>She</cite></blockquote>", "<p>No.</p>She", "<p>No.</p>He"),
    "a table's row": (
        "<table><tr><td>Tanks<td>1,000</table>",
        "<table><tbody><tr><th>Tanks</th><td>1,000</td></tr></tbody></table>",
        "<table><tr><td>Tanks<td>10,000</table>",
    ),
    "a table's cells": (
        "<table><tr><td>1<td>2</table>",
        '<table class="stripes"><tr><td>1</td><td>2</td></tr></table>',
        "<table><tr><td>1 2</table>",
    ),
    "a caption": (
        f"<figure>{img('/a.jpg')}<figcaption>Busan</figcaption></figure>",
        f'<div class="wp-caption">{img("/a.jpg")}<p class="wp-caption-text">Busan</p></div>',
        f"<figure>{img('/a.jpg')}<figcaption>Ulsan</figcaption></figure>",
    ),
    "an alternative text": (img("/a.jpg"), img("/a.jpg", ' title="A picture"'), img("/a.jpg", alt="Ship")),
    "an embed": (
        '<iframe src="https://www.youtube.com/embed/abc"></iframe>',
        '<iframe src="https://www.youtube-nocookie.com/embed/abc" loading="lazy" width="9"></iframe>',
        '<iframe src="https://www.youtube.com/embed/abd"></iframe>',
    ),
    "a film": ('<video src="/1.mp4?_=1"></video>', '<video><source src="/1.mp4?_=2"></video>', '<video src="/2.mp4">'),
    "the secret of an embed": (
        '<iframe src="//a.org/embed/#?secret=a"></iframe>',
        '<iframe src="//a.org/embed/#?secret=b"></iframe>',
        '<iframe src="//a.org/embedded/#?secret=a"></iframe>',
    ),
    "order": ("<p>one</p><p>two</p>", "<div>one</div><div>two</div>", "<p>two</p><p>one</p>"),
    "crossed out": ("<p>rose <s>12</s> 21 %</p>", "<p>rose <del>12</del> 21 %</p>", "<p>rose 12 21 %</p>"),
    "nothing crossed out": ("<p>a <s></s>b</p>", "<p>a b</p>", "<p>a <s>b</s></p>"),
    "bold and italics": ("<p><b>One</b> <i>two</i></p>", "<p>One <strong>two</strong></p>", "<p>One too</p>"),
    "raised figures": ("<p>10<sup>6</sup> m<sup>2</sup></p>", "<p>10⁶ m²</p>", "<p>106 m2</p>"),
    "raised signs": ("<p>10<sup>-6</sup></p>", "<p>10<sup>&#8722;6</sup></p>", "<p>10<sup>6</sup></p>"),
    "raised in code": ("<pre>10<sup>6</sup></pre>", "<pre>10⁶</pre>", "<pre>106</pre>"),
    "the number of a footnote": (
        '<p>rose<sup><a href="#n1">1</a></sup></p>',
        '<p>rose<a href="#n1"><sup class="fn">1</sup></a></p>',
        '<p>rose<sup><a href="#n1">2</a></sup></p>',
    ),
    "raised words": ("<p>21<sup>st</sup> M<sup>me 2</sup></p>", "<p>21st Mme 2</p>", "<p>22nd Mme 2</p>"),
    "lowered figures": ("<p>CO<sub>2</sub></p>", "<p>CO2</p>", "<p>CO<sub>3</sub></p>"),
    "a paragraph split or joined": ("<p>One. Two.</p>", "<p>One.</p><p>Two.</p>", "<p>One.</p><p>Too.</p>"),
    "a paragraph split by line breaks": ("One.<br><br>Two.", "<p>One.<br>Two.</p>", "<p>One.<br>Too.</p>"),
    "a paragraph split where no spaces are": ("<p>雨。雪。</p>", "<p>雨。</p><p>雪。</p>", "<p>雨。</p><p>風。</p>"),
    "paragraphs around code": ("<p>a</p><pre>b  c</pre>", "a<pre>b  c</pre>", "<p>a b c</p>"),
    "lines of code": ("<pre>a\nb</pre>", "<pre><code>a<br>b</code></pre>", "<pre>a b</pre>"),
    "empty lines of code": ("<pre>a\n\nb</pre>", "<pre>\na\n\nb\n</pre>", "<pre>a\n\n\nb</pre>"),
    "white space in code": ("<pre>a  b</pre>", '<pre class="x">a&nbsp; b</pre>', "<pre>a b</pre>"),
    "tabs in code": ("<pre>\ta</pre>", "<pre>&#9;a</pre>", "<pre>    a</pre>"),
    "white space in code within a line": (
        "<p>Type <code>a  b</code>.</p>",
        "<p>Type\n<code>a  b</code>.</p>",
        "<p>Type <code>a b</code>.</p>",
    ),
}
MARKUP = {
    "white space": ("<p>a\r\n  b\tc</p>\n\n\n<p>d</p>", "<p>a b c</p><p>d</p>", "<p>ab c</p><p>d</p>"),
    "ids, classes and styles": ('<p id="x1" class="a" style="b">t</p>', "<p>t</p>", '<p id="x1">u</p>'),
    "order of attributes": (
        '<p><a href="/x" title="y">t</a></p>',
        '<p><a title="y" href="/x">t</a></p>',
        '<p><a href="/y" title="x">t</a></p>',
    ),
    "nonces": (
        '<div data-nonce="1f">t</div><form><input type="hidden" name="_wpnonce" value="1"></form>',
        '<div data-nonce="2e">t</div>',
        '<div data-nonce="1f">u</div>',
    ),
    "comments": ("<p>t<!-- cached 12:00 --></p>", "<p>t</p>", "<p>t cached 12:00</p>"),
    "scripts": ("<p>t</p><script>1</script><style>p{}</style>", "<p>t</p>", "<p>t</p><p>1</p>"),
    "entities": ("<p>&#8217;s &amp; caf&eacute;</p>", "<p>’s &#038; café</p>", "<p>’s &amp;amp; café</p>"),
    "NFC": ("<p>cafe\u0301</p>", "<p>café</p>", "<p>cafe</p>"),
    "emoji as pictures": (
        '<p><img class="emoji" alt="🎉" src="https://s.w.org/images/core/emoji/14.0.0/72x72/1f389.png"></p>',
        "<p>&#x1f389;</p>",
        '<p><img class="emoji" alt="🎈" src="https://s.w.org/images/core/emoji/14.0.0/72x72/1f388.png"></p>',
    ),
    "emoji made of several": (
        '<p><img alt="🏳️‍🌈" src="https://s.w.org/images/core/emoji/14.0.0/svg/1f3f3.svg"></p>',
        "<p>🏳‍🌈</p>",
        "<p>🏳🌈</p>",
    ),
    "smileys": ('<p><img src="/smile.png" alt=":)" class="wp-smiley"></p>', "<p>:)</p>", "<p>:(</p>"),
}
ADDRESSES = {
    "link targets": (link(f"{SITE}/a"), link(f"{SITE}.:443/a"), link(f"{SITE}/b")),
    "a new link": ("<p>Said the ministry today.</p>", "<p>Said the <b>ministry</b> today.</p>", link("/a")),
    "a target's query": (link("/a?id=1"), link("/a?id=1&"), link("/a?id=2")),
    "a target's fragment": (link(f"{SITE}/a#one"), link(f"{SITE}/a/#one"), link(f"{SITE}/a#two")),
    "a jump within the page": (link("#one"), link(" #one "), link("#two")),
    "jumps that plugins number": (link("#fn-1a2b3c4d-2"), link("#fn-99c1f004-2"), link("#fn-2")),
    "http and https": (link("http://example.org/a"), link(f"{SITE}/a"), link("ftp://example.org/a")),
    "a trailing slash": (link(f"{SITE}/a/"), link(f"{SITE}/a"), link(f"{SITE}/")),
    "tracking parameters": (
        link("/a?utm_source=x&amp;id=1&amp;fbclid=2"),
        link("/a?id=1&amp;gclid=3&amp;mc_cid=4"),
        link("/a?utm_source=x&amp;id=2"),
    ),
    "nonces in targets": (link("/a?_wpnonce=1f"), link("/a?_wpnonce=2e"), link("/a?page=2e")),
    "?ver=": (img("/a.jpg?ver=1"), img("/a.jpg?ver=2"), img("/b.jpg?ver=1")),
    "?ver= in targets": (link("/a.pdf?ver=1"), link("/a.pdf"), link("/b.pdf?ver=1")),
    "escapes": (link("/%ec%84%9c"), link("/서"), link("/%ec%84%9d")),
    "Cloudflare's mail": (
        f'<p><a href="{CODE_OF_MAIL}#c7a387a2bfa6aab7aba2e9a8b5a0">mail</a></p>',
        '<p><a href="mailto:d@example.org">mail</a></p>',
        '<p><a href="mailto:e@example.org">mail</a></p>',
    ),
    "Cloudflare's mail in the text": (
        f'<p><a href="{CODE_OF_MAIL}" class="__cf_email__" data-cfemail="c7a387a2bfa6aab7aba2e9a8b5a0">[x]</a></p>',
        "<p>d@example.org</p>",
        "<p>e@example.org</p>",
    ),
}
PICTURES = {
    "a picture": (img("/a.jpg"), img("/a.jpg", ' width="9"'), img("/b.jpg")),
    "loading": (img("/a.jpg", ' loading="lazy"'), img("/a.jpg", ' loading="eager"'), img("/lazy.jpg")),
    "decoding": (img("/a.jpg", ' decoding="async"'), img("/a.jpg"), img("/async.jpg")),
    "fetchpriority": (img("/a.jpg", ' fetchpriority="high"'), img("/a.jpg"), img("/high.jpg")),
    "srcset": (img("/a.jpg", ' srcset="/a-300x200.jpg 300w"'), img("/a.jpg"), img("/a.gif")),
    "sizes": (img("/a.jpg", ' sizes="auto, 100vw"'), img("/a.jpg", ' sizes="50vw"'), img("/c.jpg")),
    "placeholders": (
        img("data:image/gif;base64,R0", ' data-lazy-src="/a.jpg"'),
        img("/a.jpg"),
        img("data:image/gif;base64,R0", ' data-lazy-src="/b.jpg"'),
    ),
    "size variants": (
        img(f"{UPLOAD}/port-1024x768.jpg"),
        img(f"{UPLOAD}/port.jpg"),
        img(f"{UPLOAD}/fort-1024x768.jpg"),
    ),
    "-scaled": (img(f"{UPLOAD}/port-scaled.jpg"), img(f"{UPLOAD}/port.jpg"), img(f"{UPLOAD}/port-sealed.jpg")),
    "cropped anew": (img(f"{UPLOAD}/a.jpg"), img(f"{UPLOAD}/a-150x150.jpg"), img(f"{UPLOAD}/a-e1704067200000.jpg")),
    ".webp twins": (img(f"{UPLOAD}/port.jpg.webp"), img(f"{UPLOAD}/port.webp"), img(f"{UPLOAD}/fort.webp")),
    ".avif twins": (img(f"{UPLOAD}/port.avif"), img(f"{UPLOAD}/port-jpg.webp"), img(f"{UPLOAD}/fort.avif")),
    "twins in a folder": (
        img(f"{SITE}/wp-content/uploads-webpc/uploads/2024/01/port.jpg.webp"),
        img(f"{SITE}/wp-content/smush-webp/2024/01/port.png.webp"),
        img(f"{SITE}/wp-content/smush-webp/2024/02/port.png.webp"),
    ),
    "Photon": (
        img("https://i0.wp.com/example.org/wp-content/uploads/a.jpg?resize=640%2C480&amp;ssl=1"),
        img(f"{SITE}/wp-content/uploads/a.jpg"),
        img("https://i0.wp.com/example.org/wp-content/uploads/b.jpg?resize=640%2C480&amp;ssl=1"),
    ),
    "Photon, another folder": (
        img("https://i2.wp.com/example.org/i/a.jpg?w=300"),
        img(f"{SITE}/i/a.jpg"),
        img("https://i2.wp.com/example.com/i/a.jpg?w=300"),
    ),
    "Cloudflare's resizing": (
        img(f"{SITE}/cdn-cgi/image/width=300,quality=75/i/a.jpg"),
        img(f"{SITE}/cdn-cgi/image/width=600/{SITE}/i/a.jpg"),
        img(f"{SITE}/cdn-cgi/image/width=300,quality=75/i/b.jpg"),
    ),
    "ShortPixel": (
        img(f"https://cdn.shortpixel.ai/spai/w_300+q_lossy+ret_img/{SITE}/i/a.jpg"),
        img(f"{SITE}/i/a.jpg"),
        img(f"https://cdn.shortpixel.ai/spai/w_300+q_lossy+ret_img/{SITE}/i/b.jpg"),
    ),
    "any host of uploads": (
        img(f"{UPLOAD}/a.jpg"),
        img("//cdn.example.net/x/wp-content/uploads/2024/01/a.jpg"),
        img("/"),
    ),
    "pictures within links": (
        f'<a href="{UPLOAD}/a.jpg"><img src="{UPLOAD}/a-300x200.jpg"></a>',
        f'<img src="{UPLOAD}/a.jpg">',
        f'<a href="{SITE}/gallery"><img src="{UPLOAD}/a-300x200.jpg"></a>',
    ),
}
SHARE = "<p>Share 12</p>"
TAKEN_OUT = {
    f"{owner}: {name}": (f'<p>t</p><div class="x {name} y">{SHARE}</div>', "<p>t</p>", f"<p>t</p>{SHARE}")
    for name, owner in PLUGINS.items()
}

AFTER = '<a href="/x">Talks</a>'
ON = '<a href="/">Site</a>'
FOOTERS = {
    "English": f"The post {AFTER} appeared first on {ON}.",
    "English, older": f"The post {AFTER} first appeared on {ON}.",
    "German": f"Der Beitrag {AFTER} erschien zuerst auf {ON}.",
    "French": f"L&#8217;article {AFTER} est apparu en premier sur {ON}.",
    "Spanish": f"La entrada {AFTER} se publicó primero en {ON}.",
    "Catalan": f"L'entrada {AFTER} ha aparegut primer a {ON}.",
    "Italian": f"L'articolo {AFTER} proviene da {ON}.",
    "Portuguese": f"O conteúdo {AFTER} aparece primeiro em {ON}.",
    "Portuguese of Brazil": f"O post {AFTER} apareceu primeiro em {ON}.",
    "Dutch": f"Het bericht {AFTER} verscheen eerst op {ON}.",
    "Polish": f"Artykuł {AFTER} pochodzi z serwisu {ON}.",
    "Swedish": f"Inlägget {AFTER} dök först upp på {ON}.",
    "Danish": f"Indlægget {AFTER} blev først udgivet på {ON}.",
    "Norwegian": f"Innlegget {AFTER} dukket først opp på {ON}.",
    "Finnish": f"Artikkeli {AFTER} julkaistiin ensimmäisen kerran {ON}.",
    "Czech": f"Příspěvek {AFTER} pochází z {ON}",
    "Romanian": f"Articolul {AFTER} apare prima dată în {ON}.",
    "Hungarian": f"A(z) {AFTER} bejegyzés először {ON}-én jelent meg.",
    "Russian": f"Запись {AFTER} впервые появилась {ON}.",
    "Ukrainian": f"Запис {AFTER} спершу з’явився на {ON}.",
    "Greek": f"Το άρθρο {AFTER} εμφανίστηκε πρώτα στο {ON}.",
    "Turkish": f"{AFTER} yazısı ilk önce {ON} üzerinde ortaya çıktı.",
    "Indonesian": f"Artikel {AFTER} pertama kali tampil pada {ON}.",
    "Vietnamese": f"Bài viết {AFTER} đã xuất hiện đầu tiên vào ngày {ON}.",
    "Arabic": f"ظهرت المقالة {AFTER} أولاً على {ON}.",
    "Hebrew": f"הפוסט {AFTER} הופיע לראשונה ב-{ON}.",
    "Japanese": f"投稿 {AFTER} は {ON} に最初に表示されました。",
    "Korean": f"{AFTER} 게시물이 {ON}에 처음 등장했습니다.",
    "Chinese": f"{AFTER}最先出现在{ON}。",
    "Chinese of Taiwan": f"這篇文章 {AFTER} 最早出現於 {ON}。",
}
FEEDS = {
    f"the footer of feeds, {language}": (
        f"<p>t</p><p>{footer}</p>",
        "<p>t</p>",
        # the same words are text where more text follows
        f"<p>t</p><p>{footer}</p><p>u</p>",
    )
    for language, footer in FOOTERS.items()
} | {
    "a last sentence like a footer": (
        "<p>t</p><p>The post office appeared first on Main Street.</p>",
        "<p>t</p><p>The post <i>office</i> appeared first on Main Street.</p>",
        "<p>t</p>",
    )
}

RULES = BLOCKS | MARKUP | ADDRESSES | PICTURES | TAKEN_OUT | FEEDS


def counts(one: str, other: str) -> bool:
    """Whether a post that went from one to the other was edited."""
    old, new = (Fields(content=canonical_text(html)) for html in (one, other))
    edited = bool(differing(old, new))
    assert edited == (fields_hash(old) != fields_hash(new))
    return edited


@pytest.mark.parametrize(("html", "same", "edit"), RULES.values(), ids=RULES.keys())
def test_noise_does_not_count_and_an_edit_does(html, same, edit):
    assert not counts(html, same)
    assert counts(html, edit)


TYPOGRAPHY = {
    "curly double quotes": ('He said "no".', "He said “no”."),
    "curly single quotes": ("It's 'so'.", "It’s ‘so’."),
    "German quotes": ('Er sagt "nein".', "Er sagt „nein“."),
    "German single quotes": ("Er sagt 'nein'.", "Er sagt ‚nein‘."),
    "reversed quotes": ('Han siger "nej" og', "Han siger »nej« og"),
    "reversed single quotes": ("Han siger 'nej' og", "Han siger ›nej‹ og"),
    "French quotes": ('Il dit "non".', "Il dit «\u00a0non\u00a0»."),
    "French quotes, narrow spaces": ('Il dit "non" !', "Il dit «\u202fnon\u202f» !"),
    "Russian quotes": ('"Нет"', "«Нет»"),
    "Polish quotes": ('"Nie"', "„Nie”"),
    "Swedish quotes": ('"Nej"', "”Nej”"),
    "two single for one double": ("''no''", '"no"'),
    "grave accents": ("``no''", "“no”"),
    "acute accents": ("it's", "it´s"),
    "apostrophes of Greek": ("σ' αγαπώ", "σ᾽ αγαπώ"),
    "apostrophes of Hawaiian": ("Hawai'i", "Hawaiʻi"),
    "signs of Hebrew": ("צה\"ל ג'ירפה", "צה״ל ג׳ירפה"),
    "ornamental quotes": ('"no"', "❝no❞"),
    "primes": ("6'2\" tall", "6′2″ tall"),
    "abbreviated years": ("in '99", "in ’99"),
    "fullwidth quotes": ('"no"', "＂no＂"),
    "en dash": ("1990 - 2000", "1990 – 2000"),
    "en dash of two hyphens": ("1990--2000", "1990–2000"),
    "em dash": ("so -- then", "so — then"),
    "em dash of three hyphens": ("so---then", "so—then"),
    "ellipsis": ("so...", "so…"),
    "times": ("4x4", "4×4"),
    "trade mark": ("Tank (tm)", "Tank ™"),
    "direction marks": ("right left", "\u200fright\u200e \u202aleft\u202c"),
    "isolates": ("right left", "\u2067right\u2069 left"),
    "ZWNJ at word ends": ("کتاب ها", "کتاب\u200c ها"),
    "ZWJ at word ends": ("क है", "क\u200d है"),
    "fullwidth digits": ("2024年5月", "２０２４年５月"),
    "http and https among the words": ("see http://example.org/a now", "see https://example.org/a now"),
    "trailing slash among the words": ("see https://example.org/a/.", "see https://example.org/a."),
    "white space": ("one two", "one  two"),
}


@pytest.mark.parametrize(("plain", "fine"), TYPOGRAPHY.values(), ids=TYPOGRAPHY.keys())
def test_typography_counts_in_code_only(plain, fine):
    assert not counts(f"<p>{plain}</p>", f"<p>{fine}</p>")
    assert counts(f"<pre>{plain}</pre>", f"<pre>{fine}</pre>")
    assert counts(f"<p>Type <code>{plain}</code></p>", f"<p>Type <code>{fine}</code></p>")


NOT_EVEN_IN_CODE = {
    "entities": ("a &lt; b", "a &#60; b"),
    "no-break space": ("a b", "a&nbsp;b"),
    "soft hyphen": ("soft", "so&shy;ft"),
    "zero-width space": ("soft", "so\u200bft"),
    "byte order mark": ("soft", "\ufeffsoft"),
    "variation selectors": ("☎", "☎\ufe0f"),
    "NFC": ("é", "e\u0301"),
    "bold and italics": ("a b", "<b>a</b> <i>b</i>"),
}


@pytest.mark.parametrize(("one", "other"), NOT_EVEN_IN_CODE.values(), ids=NOT_EVEN_IN_CODE.keys())
def test_what_nobody_sees_counts_nowhere(one, other):
    for form in ("<p>{}</p>", "<pre>{}</pre>", "<p>Type <code>{}</code></p>"):
        assert not counts(form.format(one), form.format(other))
        assert counts(form.format(one), form.format(f"{other}!"))


EDITS_OF_TYPOGRAPHY = {
    "another kind of quotes": ("5' long", '5" long'),
    "quotes put": ("He said no.", "He said “no”."),
    "a minus": ("rose 5", "rose −5"),
    "a dash for a hyphen": ("re-sign", "re–sign"),
    "a comma for dots": ("so, on", "so… on"),
    "ZWNJ within a word": ("میخواهم", "می\u200cخواهم"),
    "ZWJ within a word": ("ශ්රී", "ශ්\u200dරී"),
    "another digit": ("5月", "６月"),
    "a space for nothing": ("«oui» non", "«oui»non"),
    "another address among the words": ("see https://example.org/a", "see https://example.org/b"),
}


@pytest.mark.parametrize(("one", "other"), EDITS_OF_TYPOGRAPHY.values(), ids=EDITS_OF_TYPOGRAPHY.keys())
def test_what_a_reader_would_see_counts(one, other):
    assert counts(f"<p>{one}</p>", f"<p>{other}</p>")
