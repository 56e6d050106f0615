"""Vectors that are kept: each text is encoded once, by whichever worker meets it first."""

import hashlib
from collections.abc import Sequence

import numpy as np

from sharing.matching.engine.encoder import Encoder, Vectors
from sharing.matching.models import TextVector

BATCH = 5_000
MOST_AT_HAND = 100_000  # 1 kB each; older ones are read again from the table


class KeptVectors:
    """An encoder that looks into the table first, and into the process's memory before that.

    Its vectors are on a grid that float16 holds exactly, so what comes back is what was encoded.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.name, self.version, self.size = encoder.name, encoder.version, encoder.size
        self._at_hand: dict[bytes, Vectors] = {}

    def encode(self, texts: Sequence[str]) -> Vectors:
        if not self.size:
            return self._encoder.encode(texts)
        digests = [self._digest(text) for text in texts]
        wanted = {digest: text for digest, text in zip(digests, texts, strict=True) if digest not in self._at_hand}
        if len(self._at_hand) + len(wanted) > MOST_AT_HAND:
            self._at_hand.clear()
            wanted = dict(zip(digests, texts, strict=True))
        self._read(list(wanted))
        self._learn({digest: text for digest, text in wanted.items() if digest not in self._at_hand})
        return np.stack([self._at_hand[d] for d in digests]) if texts else np.empty((0, self.size), np.float32)

    def _read(self, digests: Sequence[bytes]) -> None:
        for start in range(0, len(digests), BATCH):
            rows = TextVector.objects.filter(digest__in=digests[start : start + BATCH])
            for digest, vector in rows.values_list("digest", "vector"):
                self._at_hand[bytes(digest)] = np.frombuffer(vector, "<f2").astype(np.float32)

    def _learn(self, texts: dict[bytes, str]) -> None:
        vectors = self._encoder.encode(list(texts.values()))
        rows = []
        for digest, vector in zip(texts, vectors, strict=True):
            self._at_hand[digest] = vector
            kept = vector.astype("<f2").tobytes()
            rows.append(TextVector(digest=digest, model=self.name, version=self.version, vector=kept))
        # Another worker may have met the same text; both have the same bytes.
        TextVector.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)

    def _digest(self, text: str) -> bytes:
        said = f"{self.name}\0{self.version}\0{text}"
        return hashlib.sha256(said.encode("utf-8", "surrogatepass")).digest()
