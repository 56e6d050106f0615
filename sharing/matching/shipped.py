"""What matching knows out of the box, without a database: the shipped thesaurus, its classifier, the weights."""

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from sharing.matching.engine.concepts import Concepts
from sharing.matching.engine.encoder import GRID, Encoder, Vectors, encoder
from sharing.matching.engine.match import Knowledge
from sharing.matching.engine.topics import learned
from sharing.taxonomy import thesaurus
from sharing.taxonomy.thesaurus import Meaning

CLASSIFIER = Path(__file__).with_name("classifier.npz")


@cache
def shipped_knowledge() -> Knowledge:
    meanings, model = thesaurus.shipped(), encoder()
    return Knowledge(encoder=model, concepts=Concepts.of(meanings, classifier(meanings, model)))


def classifier(meanings: Sequence[Meaning], model: Encoder) -> Vectors:
    """The shipped one where it was learned from just these phrases by just this model; else it is learned now.

    Learning encodes every phrase, which takes about half a minute; the shipped one spares every start that.
    """
    with np.load(CLASSIFIER, allow_pickle=False) as kept:
        if str(kept["digest"]) == digest(meanings, model):
            return np.asarray(kept["grid"], np.float32) / np.float32(GRID)
    return learned(meanings, model)


def keep_classifier(meanings: Sequence[Meaning], model: Encoder) -> None:
    """Learn and write the file that ships."""
    grid = np.round(learned(meanings, model) * GRID).astype(np.int16)
    np.savez_compressed(CLASSIFIER, grid=grid, digest=np.array(digest(meanings, model)))


def digest(meanings: Sequence[Meaning], model: Encoder) -> str:
    """What the classifier depends on, as one word."""
    said = "\n".join("\t".join((meaning.key, *meaning.at_home)) for meaning in meanings)
    return hashlib.sha256(f"{model.name} {model.version}\n{said}".encode()).hexdigest()
