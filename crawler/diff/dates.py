"""Dates as sites print them, in the languages of the notes: `9 May 2023`, `2023년 5월 9일`, `2023-05-09`, `Monday`."""

from __future__ import annotations

import re

#: Names of months and of days, by language; a name may be a regular expression.
_MONTHS = {
    "en": r"Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?|July?|Aug(?:ust|\.)?"
    r"|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?",
    "de": r"Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember",
    "fr": r"janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre",
    "es": r"enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|setiembre|octubre|noviembre|diciembre",
}
_DAYS = {
    "en": r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day",
    "de": r"(?:Mon|Diens|Donners|Frei|Sams|Sonn)tag|Mittwoch|Sonnabend",
    "fr": r"lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche",
    "es": r"lunes|martes|miércoles|jueves|viernes|sábado|domingo",
    "ko": r"[월화수목금토일]요일",
    "ja": r"[月火水木金土日]曜日?",
}
_MONTH = f"(?:{'|'.join(_MONTHS.values())})"
_DAY = f"(?:{'|'.join(_DAYS.values())})"
_NUMBER = r"\d{1,2}"
#: Searched for word by word: each begins where no word goes on before it.
DATE = re.compile(
    rf"(?<![\w.-])(?:"
    rf"(?:{_DAY}(?:,? (?:der |den |le |el )?))?{_NUMBER}(?:st|nd|rd|th|er|º|\.)? (?:of |de )?{_MONTH}"
    rf"(?:,? (?:de |del )?\d{{4}})?(?!\w)"
    rf"|(?:{_DAY},? )?{_MONTH} {_NUMBER}(?:st|nd|rd|th)?(?!\w)(?:,? \d{{4}}(?!\w))?"
    rf"|{_MONTH} (?:de )?\d{{4}}(?!\w)"
    rf"|\d{{4}}-\d\d-\d\d(?!\w)|\d{{1,2}}[/.]\d{{1,2}}[/.](?:\d{{4}}|\d\d)(?![\w/])"
    rf"|(?:\d{{4}}년 ?)?\d{{1,2}}월(?: ?\d{{1,2}}일)?|\d{{1,2}}일(?!\d)"
    rf"|(?:\d{{4}}年 ?)?\d{{1,2}}月(?: ?\d{{1,2}}[日号])?"
    rf"|{_DAY}(?!\w))",
    re.IGNORECASE,
)
