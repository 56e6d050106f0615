"""Meanings and their words, as plain data: what matching, search and the shipped table share."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SHIPPED = Path(__file__).with_name("concepts.csv")


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """One thing that towns share, with its words.

    `words` are names that point to it by themselves, in German or English, `foreign` in other languages; `needs` and
    `foreign_needs` say how people describe it without naming it; `apart` are keys of look-alikes that are something
    else.
    """

    key: str
    term: str
    term_en: str = ""
    category: str = ""
    words: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    foreign_needs: tuple[str, ...] = ()
    broader: str = ""
    apart: frozenset[str] = frozenset()

    @property
    def names(self) -> tuple[str, ...]:
        words = (self.term, self.term_en, *self.words, *self.foreign)
        return tuple(dict.fromkeys(word for word in words if word))

    @property
    def at_home(self) -> tuple[str, ...]:
        """Names and needs in German and English: what matching learns from."""
        return tuple(dict.fromkeys(word for word in (self.term, self.term_en, *self.words, *self.needs) if word))

    @property
    def abroad(self) -> tuple[str, ...]:
        """Names and needs in other languages."""
        return (*self.foreign, *self.foreign_needs)

    def name(self, language: str) -> str:
        return self.term if language.startswith("de") or not self.term_en else self.term_en


@cache
def shipped() -> tuple[Meaning, ...]:
    """The starting set, by key."""
    with SHIPPED.open(encoding="utf-8", newline="") as file:
        rows = [_meaning(row) for row in csv.DictReader(file)]
    return tuple(sorted(rows, key=lambda meaning: meaning.key))


def _meaning(row: dict[str, str]) -> Meaning:
    return Meaning(
        key=row["key"],
        term=row["de"],
        term_en=row["en"],
        category=row["category"],
        words=(*_list(row["synonyms_de"]), *_list(row["synonyms_en"])),
        foreign=_list(row["synonyms_other"]),
        needs=(*_list(row["needs_de"]), *_list(row["needs_en"])),
        foreign_needs=_list(row["needs_other"]),
        broader=row["broader"],
        apart=frozenset(_list(row["not_same_as"])),
    )


def _list(cell: str) -> tuple[str, ...]:
    return tuple(part for text in cell.split(";") if (part := text.strip()))
