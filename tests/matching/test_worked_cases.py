"""The worked cases of docs/matching.md are what the engine says."""

import re
from pathlib import Path

import pytest

from sharing.matching.engine.match import Market, suggest
from sharing.matching.shipped import shipped_knowledge
from tests.matching.market import offer, request

PAGE = (Path(__file__).parents[2] / "docs/matching.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([A-Z]{2,3}) \| (.+?) \| (.+?) \| (yes|no) \| ?(\S*) ?\|$", PAGE, re.MULTILINE)


def worded(category: str, text: str) -> dict[str, str]:
    title, _, rest = text.partition(". ")
    resource = "equipment" if category == "BAU" else "expertise"
    language = "en" if text.isascii() and " the " in f" {text.lower()} " else "de"
    return {"category": category, "title": title, "description": rest, "resource": resource, "language": language}


def test_there_are_cases_of_both_kinds() -> None:
    assert len(ROWS) >= 9
    assert {told for *_, told, _ in ROWS} == {"yes", "no"}


@pytest.mark.parametrize(("category", "asked", "given", "told", "subject"), ROWS)
def test_a_worked_case(category: str, asked: str, given: str, told: str, subject: str) -> None:
    one, other = request(**worded(category, asked)), offer(**worded(category, given))
    knowledge = shipped_knowledge()
    [found] = suggest(Market.of([one, other], knowledge), knowledge) or [None]
    assert bool(found and found.notify) is (told == "yes")
    if subject:
        assert found is not None
        assert subject in found.reasons[0]["concepts"]
