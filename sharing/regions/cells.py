"""From the text of a cell to a value; every function raises `RuleBroken` with a hint how to mend it."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from sharing.errors import RuleBroken, say
from sharing.regions.tables import Row
from sharing.texts import line_problems, normalise

T = TypeVar("T")
Choice = TypeVar("Choice", bound=StrEnum)

# A decimal point or a decimal comma; never a separator of thousands, which would be a guess.
_NUMBER = re.compile(r"-?[0-9]{1,12}([.,][0-9]{1,15})?")
_THREE_DECIMALS = re.compile(r"[.,][0-9]{3}")
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Cells:
    """Reads the cells of one row and gathers what is wrong, so that a person can mend all of it in one go."""

    def __init__(self, row: Row) -> None:
        self._row = row
        self.problems = list(row.problems)
        self._refused = {problem.field for problem in row.problems}

    def text(self, column: str) -> str:
        """The cell in NFC without white space at its ends; an absent column reads as empty."""
        return normalise(self._row.cells.get(column, ""))

    def optional(self, column: str, parse: Callable[[str], T]) -> T | None:
        """The value of a cell; None if it is empty or wrong."""
        text = self.text(column)
        if not text or column in self._refused:
            return None
        try:
            return parse(text)
        except RuleBroken as problem:
            self.add(*(RuleBroken(p.code, p.message, field=column, **p.params) for p in problem.problems))
            return None

    def required(self, column: str, parse: Callable[[str], T]) -> T | None:
        """As `optional`, but an empty cell is a problem."""
        if not self.text(column):
            self.add(RuleBroken("missing", "This cell must not be empty.", field=column))
        return self.optional(column, parse)

    def add(self, *problems: RuleBroken) -> None:
        """Note problems, at most one of a kind in each column."""
        known = {(problem.field, problem.code) for problem in self.problems}
        self.problems += [p for p in problems if (p.field, p.code) not in known and p.field not in self._refused]


def line_of(longest: int) -> Callable[[str], str]:
    """A text of one line with at most `longest` characters."""

    def parse(text: str) -> str:
        for problem in line_problems(text, field="", longest=longest):
            raise problem
        return text

    return parse


def number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        message = say("This is not a number. Write it like 1250 or 0.5 (or 0,5), without separators of thousands.")
        raise RuleBroken("not_a_number", message)
    return Decimal(text.replace(",", "."))


def quantity(text: str) -> Decimal:
    """At most two decimals: that is what is kept, and it tells 50.000 (fifty?) from 50000."""
    value = number(text)
    if _THREE_DECIMALS.search(text):
        message = say("Write at most two decimals, and no separators of thousands: 50000, not 50.000.")
        raise RuleBroken("too_many_decimals", message)
    return value


def whole(text: str) -> int:
    value = number(text)
    if value != value.to_integral_value() or value < 0:
        raise RuleBroken("not_whole", "Write a whole number that is not negative.")
    return int(value)


def degrees(most: int) -> Callable[[str], float]:
    """Decimal degrees between -most and most."""

    def parse(text: str) -> float:
        if abs(value := number(text)) > most:
            message = say("Write degrees between -%(most)s and %(most)s.")
            raise RuleBroken("degrees_out_of_range", message, most=most)
        return float(value)

    return parse


def day(text: str) -> date:
    if _ISO_DAY.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise RuleBroken("no_such_day", "This day does not exist.") from None
    raise RuleBroken("date_not_iso", "Write the day as year-month-day, such as 2027-12-31.")


def one_of(choices: type[Choice]) -> Callable[[str], Choice]:
    """A word of a list, in small letters or capitals."""

    def parse(text: str) -> Choice:
        try:
            return choices(text.casefold())
        except ValueError:
            message = say("Write one of: %(choices)s.")
            raise RuleBroken("unknown_choice", message, choices=", ".join(choices)) from None

    return parse


def some_of(choices: type[Choice]) -> Callable[[str], tuple[Choice, ...]]:
    """Words of a list, separated by semicolons; each once, in the order they came."""
    return lambda text: tuple(dict.fromkeys(map(one_of(choices), parts(text))))


def parts(text: str) -> tuple[str, ...]:
    """What stands between semicolons, each once."""
    return tuple(dict.fromkeys(part for piece in text.split(";") if (part := piece.strip())))


def matching(pattern: str, hint: str) -> Callable[[str], str]:
    """A text of a given form; `hint` says which."""

    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text, re.ASCII):
            raise RuleBroken("malformed", hint)
        return text

    return parse


def email(text: str) -> str:
    if len(text) > 254 or not _EMAIL.fullmatch(text):
        raise RuleBroken("malformed", "Write one e-mail address, such as bauhof@kirchbrueck.example.")
    return line_of(254)(text)
