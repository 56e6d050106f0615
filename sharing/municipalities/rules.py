"""What official keys, roles and tokens must look like."""

import re
from collections.abc import Mapping

from sharing.errors import RuleBroken, say
from sharing.municipalities.terms import KeyScheme, Level

# Land 2, Regierungsbezirk 3, Kreis 5, Gemeinde 8 digits; the ARS has the Verband (9) before the Gemeinde (12).
KEY_FORMS: Mapping[KeyScheme, str] = {
    KeyScheme.AGS: r"^[0-9]{2}([0-9]([0-9]{2}([0-9]{3})?)?)?$",
    KeyScheme.ARS: r"^[0-9]{2}([0-9]([0-9]{2}([0-9]{4}([0-9]{3})?)?)?)?$",
    KeyScheme.LAU: r"^[A-Z]{2}_[A-Z0-9.]{1,20}$",
}
_HINTS: Mapping[KeyScheme, str] = {
    KeyScheme.AGS: say("An AGS has 8 digits with its leading zero, such as 05570044."),
    KeyScheme.ARS: say("An ARS has 12 digits with its leading zero, such as 055700044044."),
    KeyScheme.LAU: say("An LAU code has its country in front, such as NL_GM0983."),
}


def check_key(scheme: KeyScheme, value: str) -> None:
    """An official key is text: digits in their number, the leading zero kept."""
    if not re.match(KEY_FORMS[scheme], value, re.ASCII) or value.endswith("\n"):
        raise RuleBroken("malformed_key", _HINTS[scheme], field="key")


def scheme_of(key: str) -> KeyScheme:
    """AGS in Germany, else LAU: how a region bundle writes keys. Raises `RuleBroken` for neither."""
    scheme = KeyScheme.LAU if "_" in key else KeyScheme.AGS
    check_key(scheme, key)
    if scheme is KeyScheme.AGS and len(key) not in (5, 8):
        raise RuleBroken("malformed_key", _HINTS[KeyScheme.AGS], field="key")
    return scheme


_ASSOCIATIONS = ("verbandsgemeinde", "samtgemeinde", "amt", "verwaltungsgemeinschaft", "verwaltungsverband")
_COUNTIES = ("kreis", "landkreis", "regionalverband", "städteregion", "region")


def level_of(designation: str) -> Level:
    """Where an authority of this designation stands; what is not known otherwise is a municipality."""
    word = designation.strip().lower()
    if word in _COUNTIES:
        return Level.COUNTY
    if word in _ASSOCIATIONS or word.startswith("gemeindeverwaltungsverband"):
        return Level.MUNICIPAL_ASSOCIATION
    return Level.MUNICIPALITY
