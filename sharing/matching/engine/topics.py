"""What a listing is about, as a distribution over the thesaurus: four kinds of evidence, learned from its phrases."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags

from sharing.matching.engine.encoder import GRID, Encoder, Vectors
from sharing.matching.engine.text import DIMENSIONS, Grams, matrix, stems, vector
from sharing.taxonomy.thesaurus import Meaning

HOME = ("de", "en")
RIDGE = 3.0
BM25_K, BM25_B = 1.2, 0.75
# How much each kind of evidence (in standard deviations over all meanings) counts, and the category a clerk ticked.
CENTRE, BEST_CLAUSE, GRAMS, WORDS, CATEGORY = 0.25, 0.25, 0.40, 0.20, 1.5
SHARPNESS = 2.5

Row = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Topics:
    """Make it with `Topics.of`. `meanings` is how many there are (m)."""

    categories: NDArray[np.str_]  # (m,)
    classifier: Vectors  # (size, m): from a vector to each meaning
    at_home: "Lexicon"  # of the phrases in German and English
    abroad: "Lexicon"  # of the names and needs in other languages

    @classmethod
    def of(cls, meanings: Sequence[Meaning], classifier: Vectors) -> "Topics":
        """Everything but the classifier costs a fraction of a second; that one is `learned` once and kept."""
        categories = np.array([meaning.category for meaning in meanings], dtype=np.str_)
        at_home = Lexicon.of([meaning.at_home for meaning in meanings])
        return cls(categories, classifier, at_home, Lexicon.of([meaning.abroad for meaning in meanings]))

    def distribution(
        self, parts: Vectors, grams: Grams, words: Sequence[str], category: str, language: str
    ) -> NDArray[np.float32]:
        """(m,): square roots of the probabilities that a listing is about each meaning: of about length one, and
        on the encoder's grid.

        Their product with another listing's is the Bhattacharyya coefficient of the two distributions.

        1. Evidence: the classifier on the mean of title and clauses; the same on the clause that fits best; n-grams
           weighted by how rare they are in the lexicon of the listing's language; words by BM25 (Robertson 1994),
           each meaning being a document.
        2. Each standardised over all meanings, weighted, and the meanings of the ticked category raised.
        3. Softmax. One listing at a time and in a fixed order of operations, so that a batch changes nothing.
        """
        if not len(self.categories):
            return np.zeros(0, np.float32)
        lexicon = self.at_home if language in HOME else self.abroad
        evidence = GRAMS * _standard(lexicon.by_grams(grams)) + WORDS * _standard(lexicon.by_words(words))
        if self.classifier.shape[0] and parts.shape[1]:
            # Both sides are on the encoder's grid: exact in whatever order BLAS adds up.
            scores = (parts @ self.classifier).astype(np.float64)
            body = scores[1:].mean(axis=0) if len(scores) > 1 else scores[0]
            evidence += CENTRE * _standard((scores[0] + body) / 2) + BEST_CLAUSE * _standard(scores.max(axis=0))
        raised = SHARPNESS * (evidence + CATEGORY * (self.categories == category))
        chances = np.exp(raised - raised.max())
        return np.asarray(np.round(np.sqrt(chances / chances.sum()) * GRID) / GRID, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """Each meaning as a document of n-grams and of words, both weighted by how rare they are among the documents."""

    gram_weights: Row  # (DIMENSIONS,)
    grams: csr_matrix  # (DIMENSIONS, m)
    vocabulary: dict[str, int]
    words: csr_matrix  # (words, m)

    @classmethod
    def of(cls, documents: Sequence[Sequence[str]]) -> "Lexicon":
        return cls(*_gram_columns([" ".join(phrases) for phrases in documents]), *_word_columns(documents))

    def by_grams(self, grams: Grams) -> Row:
        buckets, found = grams
        weighted = found * self.gram_weights[buckets]
        length = float(np.sqrt(np.sum(weighted**2)))
        return _summed(self.grams, buckets, weighted / (length or 1.0))

    def by_words(self, words: Sequence[str]) -> Row:
        """`words` as `text.stems` gives them."""
        counts = Counter(place for word in words if (place := self.vocabulary.get(word)) is not None)
        places = np.array(sorted(counts), np.intp)
        return _summed(self.words, places, np.array([counts[place] for place in places.tolist()], float))


def learned(meanings: Sequence[Meaning], encoder: Encoder) -> Vectors:
    """(size, m): ridge regression from the vectors of the phrases to the meaning each stands for, on the grid.

    Of those in German and English: the encoder carries over to its other languages, and phrases in these only draw it
    away from how people write here (measured).

    W = (X'X + ridge)^-1 X'Y, X (phrases, size), Y (phrases, m) one-hot.
    """
    phrases = [(phrase, place) for place, meaning in enumerate(meanings) for phrase in meaning.at_home]
    if not phrases or not encoder.size:
        return np.zeros((encoder.size, len(meanings)), np.float32)
    x = encoder.encode([phrase for phrase, _ in phrases]).astype(np.float64)
    owner = np.array([place for _, place in phrases])
    sums = csr_matrix((np.ones(len(owner)), (owner, np.arange(len(owner)))), shape=(len(meanings), len(owner))) @ x
    weights = np.linalg.solve(np.asarray(x.T @ x + RIDGE * np.eye(encoder.size)), np.asarray(sums).T)
    return np.asarray(np.round(weights * GRID) / GRID, np.float32)


def _gram_columns(texts: Sequence[str]) -> tuple[Row, csr_matrix]:
    """Inverse document frequencies over the thesaurus, and its n-grams as unit columns."""
    grams = matrix([vector(text) for text in texts])
    frequency = np.bincount(grams.indices, minlength=DIMENSIONS)
    weights = np.log((1 + len(texts)) / (1 + frequency))
    weighted = (grams @ diags(weights)).tocsr()
    lengths = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    return weights, (diags(1 / np.maximum(lengths, 1e-12)) @ weighted).T.tocsr()


def _word_columns(phrases_of: Sequence[Sequence[str]]) -> tuple[dict[str, int], csr_matrix]:
    """BM25 weight of each word in each meaning: in how many of its phrases it stands, and in how few meanings."""
    documents = [Counter(w for phrase in phrases for w in set(stems(phrase))) for phrases in phrases_of]
    vocabulary = {word: place for place, word in enumerate(sorted({w for d in documents for w in d}))}
    frequency = Counter(word for document in documents for word in document)
    usual = sum(map(Counter.total, documents)) / max(1, len(documents))
    rows, columns, weights = [], [], []
    for column, document in enumerate(documents):
        length = 1 - BM25_B + BM25_B * document.total() / (usual or 1)
        for word, count in sorted(document.items()):
            rarity = np.log(1 + (len(documents) - frequency[word] + 0.5) / (frequency[word] + 0.5))
            rows.append(vocabulary[word])
            columns.append(column)
            weights.append(rarity * count * (BM25_K + 1) / (count + BM25_K * length))
    return vocabulary, csr_matrix((weights, (rows, columns)), shape=(len(vocabulary), len(phrases_of)))


def _summed(table: csr_matrix, rows: NDArray[np.integer], weights: Row) -> Row:
    return np.asarray(weights @ table[rows]).ravel() if len(rows) else np.zeros(table.shape[1])


def _standard(values: Row) -> Row:
    return np.asarray((values - values.mean()) / (values.std() + 1e-9))
