"""`lims worker run`: the program that runs background jobs; as many of them as wanted, anywhere beside the database."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable

from lims import config


def run(argv: list[str]) -> int:
    """Run background jobs (sealing reports, sending messages) until told to end."""
    argparse.ArgumentParser(prog="lims worker run", description=run.__doc__).parse_args(argv)
    settings = config.read()
    settings.require_secrets()
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    from lims.worker import runner
    from lims.worker.tasks import TASKS

    runner.run(settings, TASKS)
    return 0


VERBS: dict[str, Callable[[list[str]], int]] = {"run": run}
