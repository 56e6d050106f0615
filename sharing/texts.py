"""What may stand in a text: one gate for the API, the pages and the import."""

import re
import unicodedata
from collections.abc import Iterator

from sharing.errors import RuleBroken

# Direction overrides and isolates can make a title read backwards; one-line fields never need them.
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
# C0 and C1 controls; a text of several lines may keep tab, line feed and carriage return.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_BUT_BREAKS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2060-\u2064\u3164\ufe0f\ufeff\uffa0]"
)


def normalise(text: str) -> str:
    """NFC, so that one word has one spelling; without white space at the ends."""
    return unicodedata.normalize("NFC", text).strip()


def is_blank(text: str) -> bool:
    """Nothing to see: empty, white space, or characters without width."""
    return not _INVISIBLE.sub("", text).strip()


def can_be_stored(text: str) -> bool:
    """PostgreSQL keeps neither NUL nor half of a surrogate pair."""
    return not _UNSTORABLE.search(text)


def line_problems(text: str, *, field: str, longest: int) -> Iterator[RuleBroken]:
    """What is wrong with a text of one line, such as a title."""
    if _CONTROL.search(text) or not can_be_stored(text):
        yield RuleBroken("control_character", "Remove line breaks and control characters.", field=field)
    if _BIDI.search(text):
        yield RuleBroken("bidi_override", "Remove characters that change the writing direction.", field=field)
    yield from _length_problems(text, field, longest)


def text_problems(text: str, *, field: str, longest: int) -> Iterator[RuleBroken]:
    """What is wrong with a text of several lines, such as a description."""
    if _CONTROL_BUT_BREAKS.search(text) or not can_be_stored(text):
        yield RuleBroken("control_character", "Remove control characters.", field=field)
    yield from _length_problems(text, field, longest)


def _length_problems(text: str, field: str, longest: int) -> Iterator[RuleBroken]:
    if text and is_blank(text):
        yield RuleBroken("blank", "Write something that can be seen.", field=field)
    if len(text) > longest:
        yield RuleBroken("too_long", "Use at most %(longest)s characters.", field=field, longest=longest)
