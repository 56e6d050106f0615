"""The category list that ships with the project. Plain Python, for those who need no database."""

import csv
from functools import cache
from pathlib import Path

PATH = Path(__file__).with_name("categories.csv")


@cache
def rows() -> tuple[dict[str, str], ...]:
    with PATH.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def codes() -> frozenset[str]:
    return frozenset(row["code"] for row in rows())
