"""Vectors are encoded once for the whole site, and written only when they are told to."""

import numpy as np
import pytest

from sharing.matching.engine.encoder import GRID
from sharing.matching.vectors import KeptVectors
from sharing.models import TextVector

pytestmark = pytest.mark.django_db


class Counting:
    """An encoder that remembers what it was asked."""

    name, version, size = "counting", "1", 4

    def __init__(self):
        self.asked = []

    def encode(self, texts):
        self.asked += texts
        return np.array([[len(text) / GRID, 0, 0, 1] for text in texts], np.float32).reshape(len(texts), self.size)


def test_encoding_writes_nothing_and_keeping_writes_each_text_once():
    vectors = KeptVectors(Counting())
    first = vectors.encode(["Bauhof", "Archiv", "Bauhof"])
    assert not TextVector.objects.exists()
    vectors.keep()
    vectors.keep()
    assert TextVector.objects.count() == 2
    assert first[0].tobytes() == first[2].tobytes()


def test_another_worker_reads_the_same_bytes_and_encodes_nothing():
    one, other = KeptVectors(Counting()), KeptVectors(Counting())
    written = one.encode(["Bauhof"])
    one.keep()
    assert other.encode(["Bauhof"]).tobytes() == written.tobytes()
    assert other._encoder.asked == []


def test_who_comes_second_leaves_the_first_vector_as_it_is():
    one, other = KeptVectors(Counting()), KeptVectors(Counting())
    for vectors in (one, other):
        vectors.encode(["Bauhof"])
    one.keep()
    before = TextVector.objects.get().vector
    other.keep()
    assert TextVector.objects.get().vector == before
