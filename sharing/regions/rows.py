"""What comes out of a bundle: good rows as data, and refusals that say where and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sharing.listings.rules import Draft
from sharing.municipalities.terms import KeyScheme

LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class MunicipalityRow:
    """One municipality as the table has it. `designation` is the column `kind`, shown as it is."""

    key: str
    scheme: KeyScheme
    name: str
    designation: str
    state: str
    district: str
    country: str
    population: int | None
    latitude: float | None
    longitude: float | None
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingRow:
    """One listing: its place in the bundle and its content. `department` is a name; the importer knows its id."""

    ref: str
    owner: str
    line: int
    draft: Draft
    department: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row stayed out: one entry for each problem, so a row may have several.

    `column` and `value` are empty where the row as a whole is the problem. `message` is English with `%(name)s`
    places for `params`: translate first, then fill.
    """

    table: str
    line: int
    column: str
    value: str
    code: str
    message: str
    params: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        where = f"{self.table}, line {self.line}" + (f", {self.column} “{self.value}”" if self.column else "")
        return f"{where}: {self.message % self.params if self.params else self.message}"


def shown(value: str) -> str:
    """A value as a report can show and store it: short, and without characters that cannot be seen."""
    visible = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in value.strip()[: LONGEST_SHOWN + 1])
    return visible if len(visible) <= LONGEST_SHOWN else visible[: LONGEST_SHOWN - 1] + "…"
