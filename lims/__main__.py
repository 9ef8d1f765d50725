"""`lims <noun> <verb>`: finds one command, imports only that, and runs it."""

from __future__ import annotations

import sys

from lims.cli import run

if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
