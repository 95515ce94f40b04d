"""Correction and update notes: paragraphs by which a newsroom tells its readers of an edit."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import chain, islice

from crawler.diff.operations import blocks_of
from crawler.text import words

#: How such a paragraph begins, by language.
_BEGINNINGS = {
    "en": r"(?:editor'?s'? (?:note|correction)|corrections?|corrected|clarification|clarified|updated?|erratum|errata"
    r"|retraction|(?:an? )?(?:earlier|previous) versions? of this"
    r"|this (?:article|story|post|report|piece) (?:has been|was) (?:updated|corrected|amended))",
    "de": r"(?:korrektur|korrigiert|berichtigung|richtigstellung|aktualisierung|aktualisiert|nachtrag"
    r"|in einer (?:früheren|vorherigen) (?:version|fassung)|anmerkung der redaktion|hinweis der redaktion)",
    "fr": r"(?:correction|corrigé|rectificatif|rectification|mise à jour|mis à jour|précision|erratum"
    r"|(?:dans )?une (?:première )?version (?:précédente|antérieure)|note de la rédaction)",
    "es": r"(?:corrección|corregido|rectificación|actualización|actualizado|fe de (?:errores|erratas)|aclaración"
    r"|(?:en )?una versión (?:anterior|previa)|nota de(?:l editor| la redacción))",
    "ko": r"(?:정정\s?보도|정정합니다|바로잡습니다|바로 잡습니다|업데이트|정정|수정|편집자 ?주)(?=[\s:\])】>.]|$)",
    "ja": r"(?:お詫びと訂正|訂正とお詫び|訂正|追記|更新|修正|編集部注|アップデート)(?=[\s::\])】》。、]|$)",
}
_NOTE = re.compile(rf"[\W_]*+(?:{'|'.join(_BEGINNINGS.values())})(?![^\W\d_])(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
#: A new note is compared with so many old ones at most: a live blog is made of nothing but updates.
_MOST = 200
_LETTERS = re.compile(r"[^\W\d_]+")
#: Words that only say when: "Updated: Tuesday, 9 May 2023, 3:15 p.m. KST".
_TIME = re.compile(
    r"(?:jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez|ene|abr|ago|dic|fév|avr|juin|juil|aoû|déc|mayo)"
    r"(?:[^\W\d_]*)"
    r"|(?:mon|tue|wed|thu|fri|sat|sun)(?:[^\W\d_]*day|s|r|rs|nes)?"
    r"|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
    r"|lunes|martes|miércoles|jueves|viernes|sábado|domingo"
    r"|a|p|m|am|pm|at|on|of|the|um|uhr|am|vom|le|à|el|las|la|los|de|del|h|hrs?|hours?|minutes?|ago|st|nd|rd|th|t|z|noon|midnight"
    r"|gmt|utc|[ecmp][sd]t|bst|ist|jst|kst|msk|a[ecw][sd]t|cet|cest|eet|eest|wib|local|time|last|first|date|today|yesterday|on|published"
    r"|年|月|日|時|分|日時|午前|午後|년|월|일|시|분|오전|오후|초",
    re.IGNORECASE,
)


def is_note(block: str) -> bool:
    """Does the paragraph begin with a correction or update word and go on? A bare time stamp does not go on."""
    match = _NOTE.match(block)
    return match is not None and any(not _TIME.fullmatch(word) for word in _LETTERS.findall(match["rest"]))


def came_with_note(old: str, new: str) -> bool:
    """Did a note come with the new text? An old one that was reworded or moved did not."""
    before = blocks_of(old)
    known = set(before)
    come = [block for block in blocks_of(new) if block not in known and is_note(block)]
    notes: dict[str, list[frozenset[str]]] = defaultdict(list)
    for note in (frozenset(words(block)) for block in before if come and is_note(block)):
        for word in note:
            notes[word].append(note)
    return any(_is_new(frozenset(words(block)), notes) for block in come)


def _is_new(found: frozenset[str], notes: Mapping[str, Sequence[frozenset[str]]]) -> bool:
    """Has no old note half of the words? One that has them has at least one of the rarer half and one more."""
    rare = sorted(found, key=lambda word: len(notes.get(word, ())))[: len(found) // 2 + 1]
    like = islice(chain.from_iterable(notes.get(word, ()) for word in rare), _MOST)
    return not any(len(found & note) * 2 >= len(found) for note in like)
