"""Reasons as sentences, in the language that is active: what fits first, then what is missing."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.conf.locale import LANG_INFO
from django.utils.formats import number_format
from django.utils.translation import get_language, get_language_info, ngettext
from django.utils.translation import gettext as _

from sharing.listings import labels
from sharing.listings.terms import Unit
from sharing.taxonomy.models import Category
from sharing.taxonomy.shipped import rows

Reason = Mapping[str, Any]


def sentences(reasons: Sequence[Reason]) -> list[str]:
    """One sentence a reason; reasons that tell a coordinator nothing stay silent."""
    return [sentence for reason in reasons if (sentence := _SAID.get(str(reason["code"]), _nothing)(reason))]


def _nothing(_reason: Reason) -> str:
    return ""


def _concept(reason: Reason) -> str:
    names = ", ".join(reason["de" if (get_language() or "de").startswith("de") else "en"])
    if reason["resource"] == "equipment":
        return _("Same equipment: %(names)s") % {"names": names}
    if reason["resource"] == "project":
        return _("Same project: %(names)s") % {"names": names}
    return _("Same task: %(names)s") % {"names": names}


def _shared_words(reason: Reason) -> str:
    return _("Both mention: %(words)s") % {"words": ", ".join(reason["words"])}


def _same_category(reason: Reason) -> str:
    return _("Same field of work: %(category)s") % {"category": _category_name(str(reason["category"]))}


def _similar_text(_reason: Reason) -> str:
    return _("Perhaps the same thing in other words: please compare the two texts")


def _quantity(reason: Reason) -> str:
    return _("Covers the whole request: %(requested)s of %(requested)s %(unit)s") % _amounts(reason)


def _quantity_partial(reason: Reason) -> str:
    return _("Covers only a part: %(offered)s of %(requested)s %(unit)s") % _amounts(reason)


def _quantity_unknown(_reason: Reason) -> str:
    return _("Please settle how much is needed: the two amounts cannot be compared")


def _window(reason: Reason) -> str:
    if reason["share"] >= 1:
        return _("The whole period is covered")
    return _("%(share)s%% of the period is covered") % _share(reason)


def _window_partial(reason: Reason) -> str:
    return _("Only %(share)s%% of the period is covered") % _share(reason)


def _distance(reason: Reason) -> str:
    return kilometres(reason["km"])


def _remote(_reason: Reason) -> str:
    return _("Can be done remotely")


def _level_below(reason: Reason) -> str:
    return _("Offers “%(offered)s”, asked for is “%(requested)s”") % {
        "offered": labels.LEVEL[reason["offered"]],
        "requested": labels.LEVEL[reason["requested"]],
    }


def _other_language(reason: Reason) -> str:
    code = str(reason["language"])
    known = LANG_INFO.get(code, {})
    name = get_language_info(code)["name_translated"] if "name" in known else code
    return _("The offer is written in another language (%(language)s)") % {"language": name}


_SAID: Mapping[str, Callable[[Reason], str]] = {
    "concept": _concept,
    "shared_words": _shared_words,
    "same_category": _same_category,
    "similar_text": _similar_text,
    "quantity": _quantity,
    "quantity_partial": _quantity_partial,
    "quantity_unknown": _quantity_unknown,
    "window": _window,
    "window_partial": _window_partial,
    "distance": _distance,
    "remote": _remote,
    "level_below": _level_below,
    "other_language": _other_language,
}


def amount(value: float, unit: str | None) -> str:
    """“5 hours a week”, or the bare number where it counts nothing."""
    return f"{_number(value)} {labels.UNIT[Unit(unit)]}" if unit else _number(value)


def kilometres(km: float) -> str:
    """“12 km away”, and never 0."""
    shown = max(1, round(km))
    return ngettext("%(km)s km away", "%(km)s km away", shown) % {"km": number_format(shown)}


def _amounts(reason: Reason) -> dict[str, str]:
    return {
        "offered": _number(min(reason["offered"], reason["requested"])),
        "requested": _number(reason["requested"]),
        "unit": str(labels.UNIT_OF[reason["unit"]]),
    }


def _share(reason: Reason) -> dict[str, int]:
    return {"share": int(100 * reason["share"])}


def _number(value: float) -> str:
    """At most two decimals, and none that are zero."""
    rounded = Decimal(str(round(value, 2))).normalize()
    return number_format(f"{rounded:f}", force_grouping=True)


def _category_name(code: str) -> str:
    """From the shipped list, so that a page of matches costs no query a category."""
    row = next((row for row in rows() if row["code"] == code), None)
    return Category(code=code, name_de=row["name_de"], name_en=row["name_en"]).name if row else code
