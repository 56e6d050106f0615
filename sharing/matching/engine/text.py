"""From what coordinators write to vectors whose cosine says how alike two texts are."""

import re
import unicodedata
import zlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from sharing.matching.engine.filler import FILLER

Grams = tuple[NDArray[np.int32], NDArray[np.float64]]

DIMENSIONS = 2**18
SHORTEST_GRAM, LONGEST_GRAM = 3, 5
LONGEST_WORD = 40  # nobody writes longer words; a hostile text must not cost more than an honest one
MOST_SHARED, SHORTEST_PART = 5, 5  # short words are inside too many others

_ENDINGS = ("erinnen", "innen", "ungen", "erin", "ers", "ung", "ern", "en", "er", "em", "es", "in", "e", "n", "s")
_SHORTEST_STEM = 4

_LETTERS = re.compile(r"[^\W\d_]+")
_WORD = re.compile(r"[^\W\d_]{2,}")


@lru_cache(maxsize=65_536)
def fold(word: str) -> str:
    """Small letters without accents, so that `Straße`, `STRASSE` and `strasse` are one word."""
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))[:LONGEST_WORD]


_FILLER = frozenset(fold(word) for listed in FILLER.values() for word in listed.split())


@lru_cache(maxsize=16_384)
def words(text: str) -> tuple[tuple[str, str], ...]:
    """The words that carry meaning, folded and as written, in their order.

    Digits and quantities are left out, and so are the words every advertisement has.
    """
    written = _WORD.findall(unicodedata.normalize("NFC", text))
    return tuple((folded, word) for word in written if (folded := fold(word)) not in _FILLER)


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """A folded word without the endings of declension: rough on purpose, the same for names and for texts."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word[: -len(ending)]
    return word


@lru_cache(maxsize=65_536)
def stems(text: str) -> tuple[str, ...]:
    return tuple(stem(folded) for folded, _ in words(text))


@lru_cache(maxsize=65_536)
def all_stems(text: str) -> tuple[str, ...]:
    """With the filler: a name is only named with all its words, “IT-Prüfung” not by “Prüfung” alone."""
    return tuple(stem(fold(word)) for word in _LETTERS.findall(unicodedata.normalize("NFC", text)))


@lru_cache(maxsize=65_536)
def _grams(word: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Bucket and length of each n-gram of one word; the blanks at its ends tell its beginning from its middle."""
    padded = f" {word} "
    spans = [(i, n) for n in range(SHORTEST_GRAM, LONGEST_GRAM + 1) for i in range(len(padded) - n + 1)]
    if padded.isascii():  # nearly always, since words are folded, and then a letter is a byte
        letters = padded.encode()
        grams = [letters[i : i + n] for i, n in spans]
    else:
        grams = [padded[i : i + n].encode("utf-8", "surrogatepass") for i, n in spans]
    # crc32, because Python's own hash differs from process to process.
    codes = np.fromiter(map(zlib.crc32, grams), np.int64, len(grams)) % DIMENSIONS
    return codes, np.array([n for _, n in spans], np.int64)


@lru_cache(maxsize=16_384)
def vector(text: str) -> Grams:
    """Buckets (int32, ascending) and weights (float64, of length one) of a text; both empty if it says nothing.

    1. Words as in `words`, each cut into the n-grams of 3 to 5 characters inside it.
    2. A gram found f times weighs (1 + ln f) * n²: sublinear, because repeating is not meaning more; n², because
       long grams are rare. That stands in for the IDF of a corpus, which would make a pair's score depend on the
       other listings of a batch.
    3. Hashed into 2**18 buckets, divided by the Euclidean length.
    """
    found = [_grams(word) for word, _ in words(text)]
    if not found:
        return np.empty(0, np.int32), np.empty(0)
    codes, lengths = (np.concatenate(column) for column in zip(*found, strict=True))
    buckets, first, counts = np.unique(codes, return_index=True, return_counts=True)
    weights = (1 + np.log(counts)) * lengths[first] ** 2
    return buckets.astype(np.int32), weights / np.sqrt(np.sum(weights**2))


def matrix(vectors: Sequence[Grams]) -> csr_matrix:
    """The vectors of some texts as rows: (texts, DIMENSIONS)."""
    ends = np.cumsum([0, *(len(buckets) for buckets, _ in vectors)])
    columns = np.concatenate([np.empty(0, np.int32), *(buckets for buckets, _ in vectors)])
    weights = np.concatenate([np.empty(0), *(weights for _, weights in vectors)])
    return csr_matrix((weights, columns, ends), shape=(len(vectors), DIMENSIONS))


def shared_words(one: str, other: str) -> list[str]:
    """Up to five words (longest first, as written) that stand in both texts, or inside a compound of the other."""
    (mine, my_line), (theirs, their_line) = _vocabulary(one), _vocabulary(other)
    shared = set(mine).intersection(theirs)
    shared.update(word for word in mine if len(word) >= SHORTEST_PART and word in their_line)
    shared.update(word for word in theirs if len(word) >= SHORTEST_PART and word in my_line)
    whole = [word for word in shared if not any(word != longer and word in longer for longer in shared)]
    best = sorted(whole, key=lambda word: (-len(word), word))[:MOST_SHARED]
    return [mine.get(word) or theirs[word] for word in best]


@lru_cache(maxsize=16_384)
def _vocabulary(text: str) -> tuple[dict[str, str], str]:
    """The words of a text, folded, with how they are written; and all of them in one line to look into."""
    vocabulary = dict(words(text))
    return vocabulary, " ".join(vocabulary)
