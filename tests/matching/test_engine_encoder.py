"""Vectors of texts: always the same ones, whatever else is asked and in whatever company."""

import importlib.util
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sharing.matching.engine import encoder as module
from sharing.matching.engine.concepts import Concepts
from sharing.matching.engine.encoder import GRID, EncoderMissing, NoEncoder, SentenceEncoder, encoder, missing
from sharing.matching.engine.match import Knowledge, Market, suggest
from sharing.matching.engine.topics import learned
from sharing.taxonomy import thesaurus
from tests.matching.market import HOSTILE, knowledge, offer, request

# The first eight components in 2048ths, as measured: other numbers are another model.
GOLDEN = {
    "Kehrmaschine mit Fahrer für die Straßenreinigung": [23, 7, 164, 125, -131, 15, 31, -44],
    "a sweeper with a driver for cleaning roads": [-46, 67, 95, 88, -174, 7, 4, -12],
    "une balayeuse avec chauffeur pour nettoyer les rues": [-131, 60, 54, 100, -145, -24, 126, 83],
}
LONG = ("a" * 100_000, "\ud800\udfff" * 20, "\0" * 50, "ﷺ" * 500, "x\u0301" * 5_000, "🏳️‍🌈" * 99)


@pytest.fixture
def forgotten() -> Iterator[None]:
    """The process's encoder is looked for anew, during the test and after it."""
    encoder.cache_clear()
    yield
    encoder.cache_clear()


def in_grid(texts: list[str]) -> list[list[int]]:
    return (encoder().encode(texts)[:, :8] * GRID).astype(int).tolist()


def test_the_vectors_are_those_that_were_measured() -> None:
    assert in_grid(list(GOLDEN)) == list(GOLDEN.values())


def test_every_component_lies_on_the_grid_that_float16_keeps() -> None:
    vectors = encoder().encode([*GOLDEN, *HOSTILE])
    assert (vectors * GRID == np.round(vectors * GRID)).all()
    assert (vectors.astype("<f2").astype(np.float32) == vectors).all()


def test_vectors_have_length_one_and_those_of_nothing_are_zero() -> None:
    lengths = np.linalg.norm(encoder().encode([*GOLDEN, "12 345", "", "   "]), axis=1)
    assert lengths[:-2] == pytest.approx(1, abs=1e-2)
    assert lengths[-2:].tolist() == [0, 0]
    assert encoder().encode([]).shape == (0, SentenceEncoder.size)


def test_what_means_the_same_is_closer_than_what_does_not_in_any_language() -> None:
    sweeping = encoder().encode(list(GOLDEN))
    registry = encoder().encode(["Standesbeamtin für Eheschließungen"])
    assert (sweeping @ sweeping.T).min() > (sweeping @ registry.T).max()


def test_equal_texts_in_one_call_get_equal_vectors() -> None:
    one, other, spaced = encoder().encode(["Bauhof", "Bauhof", "  Bauhof "])
    assert one.tobytes() == other.tobytes() == spaced.tobytes()


@settings(deadline=None, max_examples=10)
@example(["0", "000000"])
@given(st.lists(st.text(max_size=30) | st.sampled_from([*GOLDEN, *HOSTILE]), max_size=5))
def test_a_batch_moves_a_vector_by_a_step_of_the_grid_at_most_and_its_order_by_nothing(texts: list[str]) -> None:
    """BLAS rounds a row otherwise in another batch; a site keeps the first vector of a text, so it has only one."""
    together = encoder().encode(texts)
    for row, text in zip(together, texts, strict=True):
        assert np.abs(row - encoder().encode([text])[0]).max(initial=0) <= 1 / GRID
    assert encoder().encode(texts[::-1])[::-1].tobytes() == together.tobytes()


@pytest.mark.parametrize("hostile", [*HOSTILE, *LONG], ids=lambda text: ascii(text[:8]))
def test_hostile_texts_have_a_finite_vector(hostile: str) -> None:
    (vector,) = encoder().encode([hostile])
    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector) < 1.01


@settings(deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_product_is_the_same_in_whatever_order_it_is_added_up(random: st.DataObject) -> None:
    vectors = knowledge().encoder.encode([*GOLDEN, *HOSTILE])
    order = random.sample(range(vectors.shape[1]), vectors.shape[1])  # type: ignore[attr-defined]
    shuffled = np.ascontiguousarray(vectors[:, order])
    assert (shuffled @ shuffled.T).tobytes() == (vectors @ vectors.T).tobytes()


def test_other_weights_than_those_measured_are_refused(monkeypatch: pytest.MonkeyPatch, forgotten: None) -> None:
    monkeypatch.setitem(module.SHA256, "sp.model", "0" * 64)
    with pytest.raises(EncoderMissing, match=r"“sp\.model” is not the one of version"):
        SentenceEncoder()
    assert "sp.model" in missing()
    assert isinstance(encoder(), NoEncoder)


def test_a_missing_file_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch, forgotten: None) -> None:
    monkeypatch.setattr(module, "SHA256", {"nowhere.npz": "0" * 64})
    with pytest.raises(EncoderMissing, match=r"“nowhere\.npz” .* is missing: install uv\.lock again"):
        SentenceEncoder()


def test_a_missing_package_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch, forgotten: None) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "install uv.lock again" in missing()
    assert isinstance(encoder(), NoEncoder)


def test_with_the_right_weights_nothing_is_missing() -> None:
    assert missing() == ""
    assert encoder().name == SentenceEncoder.name


def test_without_a_text_model_words_and_names_still_find_a_match() -> None:
    meanings, model = thesaurus.shipped(), NoEncoder()
    classifier = learned(meanings, model)
    assert classifier.shape == (0, len(meanings))
    known = Knowledge(encoder=model, concepts=Concepts.of(meanings, classifier))
    other = replace(offer(), id="X", title="Standesbeamtin", category="ORD", resource="expertise")
    found = suggest(Market.of([request(), offer(), other], known), known)
    assert found[0].offer == "O"
    assert found[0].reasons[0]["code"] == "concept"
