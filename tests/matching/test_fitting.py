"""Fitting finds in labelled pairs what was put there."""

from dataclasses import replace

import numpy as np
import pytest

from sharing.matching.engine.match import Pairs
from sharing.matching.engine.score import BIAS, RIVAL_BIAS, RIVALS, default_weights, own_logits, probabilities
from sharing.matching.fitting import SET, Lesson, fit, lesson
from sharing.matching.labels import Expected
from tests.matching.market import GIVE, NEED, knowledge, market, offer, request

LEARNED = tuple(name for name in default_weights().own if name not in {*SET, BIAS})
SPEAKS_FOR, SPEAKS_AGAINST, SAYS_NOTHING = "meaning", "window", "nearness"


def planted(seed: int, size: int = 12) -> Lesson:
    """A region in which true pairs have more of one component, less of another, and of the rest what chance gives."""
    chance = np.random.default_rng(seed)
    r, o = (places.ravel() for places in np.divmod(np.arange(size * size), size))
    components = {name: chance.random(size * size) for name in (*LEARNED, *SET)}
    good = r == o
    components[SPEAKS_FOR] = 0.4 * components[SPEAKS_FOR] + 0.6 * good
    components[SPEAKS_AGAINST] = 0.7 * components[SPEAKS_AGAINST] + 0.3 * ~good
    pairs = Pairs(r, o, np.zeros(len(r)), np.zeros(len(r)))
    return Lesson(f"region {seed}", pairs, components, good, np.zeros(len(r), bool))


LESSONS = [planted(seed) for seed in range(4)]


def test_a_planted_effect_is_found_with_its_sign() -> None:
    found = fit(LESSONS, default_weights()).own
    assert found[SPEAKS_FOR] > 1
    assert found[SPEAKS_AGAINST] == 0  # a component may speak for a pair only
    assert abs(found[SAYS_NOTHING]) < found[SPEAKS_FOR] / 2


def test_what_labels_cannot_teach_stays_as_set_and_thresholds_stay() -> None:
    found = fit(LESSONS, replace(default_weights(), suggest=0.1, notify=0.7, most_per_listing=5))
    assert {name: found.own[name] for name in SET} == SET
    assert set(found.own) == {*LEARNED, *SET, BIAS}
    assert set(found.rivals) == {*RIVALS, RIVAL_BIAS}
    assert (found.suggest, found.notify, found.most_per_listing) == (0.1, 0.7, 5)


def test_fitted_chances_tell_true_pairs_of_a_region_that_was_held_out() -> None:
    held_out, found = LESSONS[0], fit(LESSONS[1:], default_weights())
    own = own_logits(held_out.components, found)
    chances = probabilities(own, held_out.pairs.r, held_out.pairs.o, found)
    assert chances[held_out.good].mean() > 4 * chances[~held_out.good].mean()


def test_held_out_figures_do_not_depend_on_the_order_of_the_lessons() -> None:
    one, other = fit(LESSONS[1:], default_weights()), fit(LESSONS[:0:-1], default_weights())
    for part in ("own", "rivals", "lone"):
        first, second = getattr(one, part), getattr(other, part)
        assert list(first) == list(second)
        assert [first[name] for name in first] == pytest.approx([second[name] for name in first], abs=2e-4)


def test_debatable_pairs_teach_nothing() -> None:
    chance = np.random.default_rng(9)
    doubtful = chance.random(len(LESSONS[0].good)) < 0.2
    one = replace(LESSONS[0], debatable=doubtful)
    other = replace(one, good=one.good ^ doubtful)
    assert fit([one, *LESSONS[1:]], default_weights()) == fit([other, *LESSONS[1:]], default_weights())


def test_fitting_twice_gives_the_same_table() -> None:
    assert fit(LESSONS, default_weights()) == fit(LESSONS, default_weights())


def test_a_lesson_holds_every_open_pair_with_its_label() -> None:
    requests = [request(id=f"R{n}", owner=replace(NEED, id=f"need{n}")) for n in range(3)]
    offers = [offer(id=f"O{n}", owner=replace(GIVE, id=f"give{n}")) for n in range(2)]
    offers.append(offer(id="O9", owner=replace(NEED, id="need0")))  # R0's own
    there = market([*requests, *offers])
    labels = Expected(strong=frozenset({("R0", "O0")}), partial=frozenset({("R1", "O1"), ("R0", "O9")}),
                      debatable=frozenset({("R2", "O0")}))  # fmt: skip
    found = lesson("here", there, knowledge(), labels)
    ids = [
        (there.requests.facts[r].id, there.offers.facts[o].id)
        for r, o in zip(found.pairs.r, found.pairs.o, strict=True)
    ]
    assert len(ids) == 8
    assert {pair for pair, good in zip(ids, found.good, strict=True) if good} == {("R0", "O0"), ("R1", "O1")}
    assert {pair for pair, open_ in zip(ids, found.debatable, strict=True) if open_} == {("R2", "O0")}
    assert set(found.components) >= {*LEARNED, *SET}
