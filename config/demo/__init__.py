"""`manage.py demo`: the whole marketplace on this computer, with a region to look at."""

import time
from argparse import ArgumentParser, Namespace

from config.demo.progress import Progress
from config.demo.site import Site
from config.launcher.layout import home
from config.launcher.ports import require_free
from config.launcher.processes import stop_as_with_ctrl_c
from config.launcher.servers import Servers, wipe


def main(arguments: list[str]) -> int:
    """Run the demo; 0 when the digests have arrived (`--once`) or Ctrl-C ended it. Raises `LaunchError` otherwise."""
    options = _options(arguments)
    stop_as_with_ctrl_c()
    if options.fresh:
        wipe(home())
    require_free(options.port, f"choose another one, for example `demo --port {options.port + 1}`")
    progress = Progress(limit=options.limit)
    try:
        with progress.step("PostgreSQL and Valkey"):
            servers = Servers.start(home())
        with servers, Site(home(), servers, port=options.port) as site:
            _play(site, progress, once=options.once)
    except KeyboardInterrupt:
        progress.say("Stopped." if not options.once else "Interrupted.")
        return 0 if not options.once else 130
    return 0


def _options(arguments: list[str]) -> Namespace:
    parser = ArgumentParser(prog="manage.py demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="exit when the digests have arrived")
    parser.add_argument("--fresh", action="store_true", help="delete what an earlier demo left, and start over")
    parser.add_argument("--port", type=int, default=8000, help="where the site answers (8000)")
    parser.add_argument("--limit", type=int, default=120, help="seconds until --once gives up (120)")
    return parser.parse_args(arguments)


def _play(site: Site, progress: Progress, *, once: bool) -> None:
    with progress.step("Tables and texts"):
        site.prepare()
    with progress.step("The region Elverland, while web, worker and clock start"):
        site.start_processes()
        site.move_in()
        site.wait_until_open()
    site.wait_for_digests(progress)
    print(site.summary(), flush=True)
    if not once:
        progress.say("Press Ctrl-C to stop.")
        while True:
            site.mend(progress.say)
            time.sleep(0.5)
