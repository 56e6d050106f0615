"""The gettext catalogues: collected from the source and compiled in Python, without the gettext tools."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "backend" / "locale"
SOURCES = ("backend", "sharing")
# Errors of the domain carry their message as the second argument; `worded` translates it at the door.
_ERRORS = ("DomainError", "RuleBroken", "NotAllowed", "Conflict", "NotThere")
KEYWORDS = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None, "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3), "say": None,
    **dict.fromkeys(_ERRORS, (2,)),
}  # fmt: skip


def compile_all() -> list[Path]:
    """Write a .mo beside every .po that has changed since. Returns what was written."""
    stale = [po for po in _po_files() if not _is_current(po)]
    for po in stale:
        with po.open("rb") as source, po.with_suffix(".mo").open("wb") as target:
            write_mo(target, read_po(source))
    return stale


def update_all() -> None:
    """Bring every .po up to date with the source: new texts empty, old ones dropped."""
    template = collect()
    for po in _po_files():
        with po.open("rb") as source:
            catalogue = read_po(source, locale=_locale(po))
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        with po.open("wb") as target:
            write_po(target, catalogue, width=120, sort_output=True, no_location=True, omit_header=False)


def missing() -> list[str]:
    """One line for each text of the source that a catalogue lacks, or lacks a plural of."""
    wanted = collect()
    lines = []
    for po in _po_files():
        with po.open("rb") as source:
            have = read_po(source, locale=_locale(po))
        lines += [f"{_locale(po)}: {m.id!r}" for m in wanted if m.id and not _is_translated(have.get(m.id, m.context))]
    return lines


def collect() -> Catalog:
    """Every translatable text of the source."""
    catalogue = Catalog(charset="utf-8")
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*")):
            for message, context in _texts(path):
                catalogue.add(message, context=context)
    return catalogue


def _texts(path: Path) -> Iterator[tuple[str | tuple[str, ...], str | None]]:
    if path.suffix == ".py" and "migrations" not in path.parts:
        source = path.read_bytes()
    elif path.suffix in (".html", ".txt") and "templates" in path.parts:
        source = templatize(path.read_text(encoding="utf-8")).encode()
    else:
        return
    for _line, message, _comments, context in extract("python", BytesIO(source), keywords=KEYWORDS):
        yield message, context


def _is_translated(message: Message | None) -> bool:
    if message is None:
        return False
    return all(message.string) if isinstance(message.string, (tuple, list)) else bool(message.string)


def _is_current(po: Path) -> bool:
    mo = po.with_suffix(".mo")
    return mo.exists() and mo.stat().st_mtime >= po.stat().st_mtime


def _po_files() -> list[Path]:
    return sorted(FOLDER.glob("*/LC_MESSAGES/django.po"))


def _locale(po: Path) -> str:
    return po.parent.parent.name
