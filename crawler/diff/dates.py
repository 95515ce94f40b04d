"""Dates as sites print them, in the languages of the notes: `9 May 2023`, `2023년 5월 9일`, `2023-05-09`, `Monday`."""

from __future__ import annotations

import re

#: Names of months and of days, by language.
_MONTHS = {
    "en": "January February March April May June July August September October November December"
    " Jan Feb Mar Apr Jun Jul Aug Sept Sep Oct Nov Dec",
    "de": "Januar Jänner Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre",
}
_DAYS = {
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "de": "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonnabend Sonntag",
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "es": "lunes martes miércoles jueves viernes sábado domingo",
    "ko": "월요일 화요일 수요일 목요일 금요일 토요일 일요일",
    "ja": "月曜 火曜 水曜 木曜 金曜 土曜 日曜",
}
_NAMES = {name.casefold() for names in (*_MONTHS.values(), *_DAYS.values()) for name in names.split()}
_AROUND = " \n.,;:!?()\"'"
_MONTH = rf"(?:(?:{'|'.join(' '.join(_MONTHS.values()).split())})(?!\w)\.?)"
_DAY = f"(?:{'|'.join(' '.join(_DAYS.values()).split())})日?"
_NUMBER = r"\d{1,2}"
#: Searched for word by word: each begins where no word goes on before it.
_DATE = re.compile(
    rf"(?<![\w.-])(?:"
    rf"(?:{_DAY}(?:,? (?:der |den |le |el )?))?{_NUMBER}(?:st|nd|rd|th|er|º|\.)? (?:of |de )?{_MONTH}"
    rf"(?:,? (?:de |del )?\d{{4}})?(?!\w)"
    rf"|(?:{_DAY},? )?{_MONTH} {_NUMBER}(?:st|nd|rd|th)?(?!\w)(?:,? \d{{4}}(?!\w))?"
    rf"|{_MONTH} (?:de )?\d{{4}}(?!\w)"
    rf"|\d{{4}}-\d\d-\d\d(?!\w)|\d{{1,2}}[/.]\d{{1,2}}[/.](?:\d{{4}}|\d\d)(?![\w/])"
    rf"|{_DAY}(?!\w))"
    rf"|(?<!\d)(?:(?:\d{{4}}년 ?)?\d{{1,2}}월(?: ?\d{{1,2}}일)?|\d{{1,2}}일(?!\d)"
    rf"|(?:\d{{4}}年 ?)?\d{{1,2}}月(?: ?\d{{1,2}}[日号])?)",
    re.IGNORECASE,
)
#: What has none of these and no name of a month or day has no date.
_SIGN = re.compile(r"\d[-/.]\d|[월일月曜]")
_LETTERS = re.compile(r"[^\W\d_]+")


def dates(text: str) -> list[re.Match[str]]:
    """The dates in the text. Most texts have none, and to see that by the signs takes a tenth of the search's time."""
    if not _SIGN.search(text) and _NAMES.isdisjoint(map(str.casefold, _LETTERS.findall(text))):
        return []
    return list(_DATE.finditer(text))


def is_name(word: str) -> bool:
    """Is the word the name of a month or of a day?"""
    return word.strip(_AROUND).casefold() in _NAMES or "曜" in word or "요일" in word
