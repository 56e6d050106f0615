"""The one way in which starting can fail."""


class LaunchError(Exception):
    """A sentence for the person at the keyboard that names the way out; the top level prints it without a traceback."""
