"""`python -m tests.benchmarks`: every benchmark on throw-away servers, as a table. Exit code 1 if one misses."""

import sys
from argparse import ArgumentParser
from subprocess import run as run_process

NAMES = ("matching", "region", "scale", "networks", "last_share", "million")


def main() -> int:
    parser = ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"which ones: {', '.join(NAMES)} (all)")
    names = parser.parse_args().names or NAMES
    if unknown := set(names) - set(NAMES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    if len(names) == 1:
        return _run(names[0])
    # One process each: Django knows only one database a process.
    return max(
        [run_process([sys.executable, "-m", "tests.benchmarks", name], check=False).returncode for name in names]
    )


def _run(name: str) -> int:
    if name == "matching":
        from tests.benchmarks.matching import run
    elif name == "scale":
        from tests.benchmarks.scale import run
    elif name == "networks":
        from tests.benchmarks.networks import run
    elif name == "last_share":
        from tests.benchmarks.last_share import run
    elif name == "million":
        from tests.benchmarks.million import run
    else:
        from tests.benchmarks.region import run
    results = run()
    for result in results:
        print(result, flush=True)
    return 0 if all(result.ok for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
