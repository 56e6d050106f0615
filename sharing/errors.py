"""How the domain says no; each channel (API, page, import report) words it in its own way."""

from collections.abc import Iterable


def say(message: str) -> str:
    """Marks a message for the translators; plain Python may not import gettext."""
    return message


class Word(str):
    """A word of ours inside a message, such as the name of a state; what people wrote themselves is none."""


class DomainError(Exception):
    """A refusal with a stable `code`, an English `message` (translated at the door) and the `field` it is about.

    `message` may hold `%(name)s` places that `params` fill: translation comes first, filling second. A `Word` among
    the params is translated, too.
    """

    def __init__(self, code: str, message: str, *, field: str = "", **params: object) -> None:
        super().__init__(message % params if params else message)
        self.code, self.message, self.field, self.params = code, message, field, params

    @property
    def problems(self) -> "tuple[DomainError, ...]":
        return (self,)


class NotAllowed(DomainError):
    """Who acts may not do this."""


class RuleBroken(DomainError):
    """What was asked for makes no sense as it is."""


class Conflict(DomainError):
    """It made sense a moment ago; the state has changed since."""


class NotThere(DomainError):
    """It does not exist, or not for who asks."""


class RulesBroken(RuleBroken):
    """Several rules broken at once, so that a person can mend all of them in one go."""

    def __init__(self, problems: Iterable[DomainError]) -> None:
        self._problems = tuple(problems)
        first = self._problems[0]
        super().__init__(first.code, first.message, field=first.field, **first.params)

    @property
    def problems(self) -> tuple[DomainError, ...]:
        return self._problems


def raise_all(problems: Iterable[DomainError]) -> None:
    """Raise what was found, all of it; nothing found, nothing raised."""
    if found := tuple(problems):
        raise RulesBroken(found)
