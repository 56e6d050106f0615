"""Which meanings a listing speaks of: by their names where it uses them, by all its words where it does not."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from sharing.matching.engine.encoder import Vectors
from sharing.matching.engine.text import all_stems
from sharing.matching.engine.topics import Topics
from sharing.taxonomy.thesaurus import Meaning

NAMED, INSIDE, SHORTEST_INSIDE = 1.0, 0.8, 7  # weight of a name, of a name inside a compound; its least length
IN_BODY = 0.8  # what stands only in the description counts a little less than what the title says
BROADER = 0.5  # a narrower meaning speaks of the broader one, too

Activation = dict[int, float]


@dataclass(frozen=True, slots=True, eq=False)
class Concepts:
    """The thesaurus, ready to be looked into. Make it with `Concepts.of`."""

    meanings: tuple[Meaning, ...]
    place: dict[str, int]
    names: dict[str, list[tuple[tuple[str, ...], int]]]  # by first stem
    inside: dict[str, list[tuple[str, int]]]  # one-word names by their first three letters
    exact: dict[str, int]  # abbreviations and names with digits, as written: RPA, DGUV V3, DIN 14811
    pattern: re.Pattern[str]  # any of those
    topics: Topics
    apart: csr_matrix  # (meanings, meanings): 1 where two are look-alikes

    @classmethod
    def of(cls, meanings: Iterable[Meaning], classifier: Vectors) -> "Concepts":
        """`classifier` as `topics.learned` made it for just these meanings."""
        rows = tuple(sorted(meanings, key=lambda meaning: meaning.key))
        place = {meaning.key: number for number, meaning in enumerate(rows)}
        return cls(rows, place, *_dictionary(rows), Topics.of(rows, classifier), _apart(rows, place))

    def __len__(self) -> int:
        return len(self.meanings)

    def named(self, text: str) -> Activation:
        """Meanings whose name stands in the text, also inside a compound."""
        found: Activation = {self.exact[hit]: NAMED for hit in self.pattern.findall(text)}
        line = all_stems(text)
        for start, first in enumerate(line):
            for sequence, meaning in self.names.get(first, ()):
                if line[start : start + len(sequence)] == sequence:
                    found[meaning] = NAMED
            for _, meaning in self._inside(first):
                found[meaning] = max(found.get(meaning, 0.0), INSIDE)
        return found

    def _inside(self, word: str) -> Iterable[tuple[str, int]]:
        """Names that begin anywhere in a longer word."""
        if len(word) <= SHORTEST_INSIDE:
            return
        for start in range(len(word) - SHORTEST_INSIDE + 1):
            for name, meaning in self.inside.get(word[start : start + 3], ()):
                if name != word and word.startswith(name, start):
                    yield name, meaning

    def spoken(self, title: str, body: Iterable[str]) -> Activation:
        """Meanings by name, of the title in full and of the rest a little less; with what is broader than they."""
        found = self.named(title)
        for text in body:
            for meaning, weight in self.named(text).items():
                found[meaning] = max(found.get(meaning, 0.0), weight * IN_BODY)
        for meaning, weight in list(found.items()):
            if (above := self.place.get(self.meanings[meaning].broader)) is not None:
                found[above] = max(found.get(above, 0.0), weight * BROADER)
        return found


# A name with a digit, or in capitals and short, is the same only as it is written: “IT” is not “it”.
_EXACT = re.compile(r".*\d.*|[A-ZÄÖÜ][A-Za-zÄÖÜäöü]?[A-ZÄÖÜ/&-]{1,4}s?")

Names = dict[str, list[tuple[tuple[str, ...], int]]]


def _dictionary(
    meanings: Sequence[Meaning],
) -> tuple[Names, dict[str, list[tuple[str, int]]], dict[str, int], re.Pattern[str]]:
    names: Names = defaultdict(list)
    inside: dict[str, list[tuple[str, int]]] = defaultdict(list)
    exact: dict[str, int] = {}
    for number, meaning in enumerate(meanings):
        exact |= {name: number for name in meaning.names if _EXACT.fullmatch(name)}
        for sequence in dict.fromkeys(all_stems(name) for name in meaning.names if name not in exact):
            if not sequence:
                continue
            names[sequence[0]].append((sequence, number))
            if len(sequence) == 1 and len(sequence[0]) >= SHORTEST_INSIDE:
                inside[sequence[0][:3]].append((sequence[0], number))
    longest_first = sorted(exact, key=lambda name: (-len(name), name))
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first)) or '(?!)'})(?!\w)")
    return dict(names), dict(inside), exact, pattern


def _apart(meanings: Sequence[Meaning], place: dict[str, int]) -> csr_matrix:
    pairs = {(place[m.key], place[other]) for m in meanings for other in m.apart if other in place}
    pairs |= {(b, a) for a, b in pairs}
    rows, columns = zip(*sorted(pairs), strict=True) if pairs else ((), ())
    return csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(meanings), len(meanings)))
