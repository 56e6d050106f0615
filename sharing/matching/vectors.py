"""Vectors that are kept: each text is encoded once, by whichever worker meets it first."""

import hashlib
from collections.abc import Sequence

import numpy as np

from sharing.matching.engine.encoder import Encoder, Vectors
from sharing.matching.models import TextVector

BATCH = 5_000
MOST_AT_HAND = 100_000  # 2 kB each; older ones are read again from the table


class KeptVectors:
    """An encoder that looks into the table first, and into the process's memory before that.

    Its vectors are on a grid that float16 holds exactly, so what comes back is what was encoded.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._unkept: dict[bytes, Vectors] = {}
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
        fresh = dict(zip(texts, self._encoder.encode(list(texts.values())), strict=True))
        self._at_hand |= fresh
        if len(self._unkept) < MOST_AT_HAND:  # writing a whole market down as files meets more than can wait
            self._unkept |= fresh

    def keep(self) -> None:
        """Write down what was encoded since. Only under the lock for which matchers queue.

        An insert waits for whoever has the same text in an open transaction; without the lock two matchers could wait
        for each other. The first vector of a text stays; another worker's may be a step of the grid away from it.
        """
        rows = [
            TextVector(digest=digest, model=self.name, version=self.version, vector=vector.astype("<f2").tobytes())
            for digest, vector in sorted(self._unkept.items())
        ]
        TextVector.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
        self._unkept.clear()

    def _digest(self, text: str) -> bytes:
        said = f"{self.name}\0{self.version}\0{text}"
        return hashlib.sha256(said.encode("utf-8", "surrogatepass")).digest()
