"""Doorbells for tests, named in settings.EVENT_DOORBELL."""


def silent() -> None:
    """Nobody comes: the test drains events itself."""


def broken() -> None:
    """The broker is down."""
    raise ConnectionError("broker is down")
