"""Lists of terms: how well a term is found again under another name."""

import json
from pathlib import Path
from typing import Any

import pytest

from sharing.errors import RuleBroken
from sharing.matching.engine.encoder import NoEncoder
from sharing.matching.term_lists import TermList, rank_terms, read_terms
from tests.matching.market import knowledge

DOCS = ("Prüfer/Prüferin", "Standesbeamtin", "Kehrmaschine", "Datenschutz", *(f"Gegenstand {n}" for n in "abcdefghij"))


def ranked(*queries: tuple[str, set[int]], exclude: tuple[int, ...] = ()) -> dict[str, Any]:
    gold = tuple(frozenset(right) for _, right in queries)
    return rank_terms(TermList(tuple(text for text, _ in queries), DOCS, gold, exclude), model=knowledge().encoder)


def test_what_is_written_alike_or_means_the_same_comes_first() -> None:
    found = ranked(("Kompaktkehrmaschine", {2}), ("data protection", {3}))
    assert found == {"queries": 2, "docs": len(DOCS), "recall_at_1": 1, "recall_at_10": 1}


def test_any_right_place_will_do_and_what_is_wrong_lowers_the_recall() -> None:
    assert ranked(("Kehrmaschine", {0, 2}))["recall_at_1"] == 1
    found = ranked(("Kehrmaschine", {2}), ("Kehrmaschine", {1}), ("Kehrmaschine", set()), ("Datenschutz", {3}))
    assert found["recall_at_1"] == 0.5


def test_what_is_excluded_never_counts() -> None:
    assert ranked(("Kehrmaschine", {2}), exclude=(2,)) | {"recall_at_10": 0} == {
        "queries": 1, "docs": len(DOCS), "recall_at_1": 0, "recall_at_10": 0,
    }  # fmt: skip
    assert ranked(("Kehrmaschine", {2}), exclude=(1,))["recall_at_1"] == 1


@pytest.mark.parametrize("form", ["Prüfer", "Prüferin"])
def test_of_a_term_in_two_forms_the_better_one_counts(form: str) -> None:
    assert ranked((form, {0}))["recall_at_1"] == 1


def test_without_a_text_model_the_letters_decide() -> None:
    terms = TermList(("Kehrmaschinen", "Prüferinnen"), DOCS, (frozenset({2}), frozenset({0})))
    assert rank_terms(terms, model=NoEncoder())["recall_at_1"] == 1


def test_a_list_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "terms.json"
    file.write_text('\ufeff{"queries": ["a"], "docs": ["b", "c"], "gold": [[1]], "exclude": [0]}', "utf-8")
    assert read_terms(file) == TermList(("a",), ("b", "c"), (frozenset({1}),), (0,))
    file.write_text(json.dumps({"queries": ["a"], "docs": ["b"], "gold": [[]]}), "utf-8")
    assert read_terms(file).exclude == ()


@pytest.mark.parametrize(
    "content",
    [
        "", "{", "[]", "5", "null", '{"queries": []}', '{"queries": [], "docs": []}',
        '{"queries": ["a"], "docs": ["b"], "gold": [5]}', '{"queries": ["a"], "docs": ["b"], "gold": [["x"]]}',
        '{"queries": ["a"], "docs": ["b"], "gold": []}', '{"queries": 5, "docs": ["b"], "gold": []}',
    ],
)  # fmt: skip
def test_what_is_no_list_of_terms_is_said_to_be_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "terms.json").write_text(content, "utf-8")
    with pytest.raises(RuleBroken, match="“queries”"):
        read_terms(tmp_path / "terms.json")


@pytest.mark.parametrize("content", [b"\xff\xfe\xff", None])
def test_a_file_that_is_not_there_or_is_no_text_is_said_to_be_none(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "terms.json").write_bytes(content)
    with pytest.raises(RuleBroken, match="list of terms"):
        read_terms(tmp_path / "terms.json")


@pytest.mark.parametrize(
    "content",
    [
        '{"queries": [], "docs": ["b"], "gold": []}',
        '{"queries": ["a"], "docs": [], "gold": [[]]}',
        '{"queries": ["a"], "docs": ["b"], "gold": [[0]], "exclude": [7]}',
        '{"queries": ["a"], "docs": ["b"], "gold": [[0]], "exclude": [0, 0]}',
        '{"queries": [1], "docs": ["b"], "gold": [[0]]}',
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_a_list_that_is_read_can_be_ranked(tmp_path: Path, content: str) -> None:
    (tmp_path / "terms.json").write_text(content, "utf-8")
    try:
        found = rank_terms(read_terms(tmp_path / "terms.json"), model=NoEncoder())
    except RuleBroken:
        return
    assert 0 <= found["recall_at_1"] <= found["recall_at_10"] <= 1
