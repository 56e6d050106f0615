#!/usr/bin/env python3
"""The door: builds .venv on the first start, then runs the command inside it."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  (said before the first import, which an older Python cannot even read)
    sys.exit(f"Allmende needs Python 3.11 or newer, this is {sys.version.split()[0]}: try `python3.11 manage.py`.")

from config.bootstrap import enter_environment
from config.launcher.errors import LaunchError


def main() -> None:
    try:
        enter_environment()
        from config.launcher.commands import run

        run(sys.argv)
    except LaunchError as error:
        print(f"manage.py: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
