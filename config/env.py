"""Settings from the environment, read strictly: what is wrong is said at the start, not at three in the morning."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

_UNSET = object()


def text(name: str, default: object = _UNSET) -> str:
    """The variable NAME, or the content of the file that NAME_FILE names (how containers hand over secrets)."""
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ImproperlyConfigured(f"{name}_FILE names {path}, which cannot be read: {error}.") from None
    value = os.environ.get(name, default)
    if value is _UNSET:
        raise ImproperlyConfigured(f"Set {name} (or {name}_FILE, a file that holds it) in the environment.")
    return str(value)


def boolean(name: str, default: bool) -> bool:
    """Exactly "True" or "False": nobody should have to guess what "no" or "0" does."""
    value = text(name, default)
    if value not in ("True", "False"):
        raise ImproperlyConfigured(f'{name} is "{value}"; write True or False.')
    return value == "True"


def integer(name: str, default: int) -> int:
    value = text(name, default)
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f'{name} is "{value}"; write a whole number.') from None


def words(name: str, default: str) -> list[str]:
    """A list separated by commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]
