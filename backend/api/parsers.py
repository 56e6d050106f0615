"""JSON as strictly as PostgreSQL and people need it: finite, shallow, storable, every name once."""

import json
from collections.abc import Iterator
from typing import IO, Any, NoReturn

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

from sharing.texts import can_be_stored

DEEPEST = 32
LONGEST_NUMBER = 100  # characters; a double has 17 digits that count


class TooLarge(APIException):
    status_code = 413
    default_code = "too_large"
    default_detail = gettext_lazy("The body is larger than this server accepts.")


class StrictJSONParser(BaseParser):
    """Refuses with 400 what would be a 500 further in (RELIABILITY faults 35 to 39)."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        text = self._text(stream)
        _check_depth(text)
        try:
            data = json.loads(text, parse_constant=_not_finite, parse_float=_finite, object_pairs_hook=_each_once)
        except (ValueError, RecursionError) as error:
            raise ParseError(_("This is not valid JSON: %(error)s.") % {"error": error}) from None
        _check_storable(data)
        return data

    def _text(self, stream: IO[bytes]) -> str:
        try:
            raw = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        except RequestDataTooBig:
            raise TooLarge from None
        if len(raw) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise TooLarge
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            raise ParseError(_("The body is not UTF-8.")) from None


def _check_depth(text: str) -> None:
    """Counted before parsing, since the parser recurses. Brackets inside strings do not count."""
    depth = 0
    for bracket in _brackets(text):
        depth += 1 if bracket in "[{" else -1
        if depth > DEEPEST:
            raise ParseError(_("The JSON is nested more than %(deepest)s levels deep.") % {"deepest": DEEPEST})


def _brackets(text: str) -> Iterator[str]:
    inside = escaped = False
    for character in text:
        if escaped:
            escaped = False
        elif inside and character == "\\":
            escaped = True
        elif character == '"':
            inside = not inside
        elif not inside and character in "[]{}":
            yield character


def _not_finite(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a number")


def _finite(digits: str) -> float:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError(f"{digits[:20]}… has too many digits")
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{digits[:20]} is too large")
    return number


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of two values for one name, programs disagree which one counts."""
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a name is given twice in one object")
    return members


def _check_storable(value: Any) -> None:
    """Every string, names included. Whether a text makes sense is for its field to say."""
    if isinstance(value, str) and not can_be_stored(value):
        raise ParseError(_("The text holds a NUL character or half a surrogate pair."))
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list):
        for item in value:
            _check_storable(item)
