"""TCP ports: whether one is free, and which."""

import socket

from config.launcher.errors import LaunchError


def require_free(port: int, way_out: str, host: str = "127.0.0.1") -> None:
    """Raise a sentence that ends with the way out, for example "choose another one with --port"."""
    try:
        _bind(host, port).close()
    except OSError as error:
        raise LaunchError(f"Port {port} on {host} cannot be used ({error.strerror}): {way_out}.") from None


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody uses now; where possible let the server choose instead (port 0), which cannot be overtaken."""
    with _bind(host, 0) as listener:
        return int(listener.getsockname()[1])


def _bind(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port left a minute ago counts as free
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener
