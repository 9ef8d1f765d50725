"""What a browser's test looks at: pictures where asked for, axe's verdict, and whether a page fits its window."""

from __future__ import annotations

import os
import re
from pathlib import Path

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
"""Pixels by which a page is wider than its window."""
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1440, "height": 900}


def keep_picture(page, name: str) -> None:
    """Keep a picture where the run is told to (LIMS_TEST_PICTURES)."""
    folder = os.environ.get("LIMS_TEST_PICTURES")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{re.sub(r'[^a-z0-9]+', '-', name)}.png"), full_page=True)


def faults_of_access(page) -> list[tuple[str, list[str]]]:
    """Return axe's violations of WCAG 2.1 A and AA."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options=RULES)
    return [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found.response["violations"]]


def listen(page) -> list[str]:
    """Return a list that fills with what the browser complains of: scripts that fail, things the policy blocks."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    return complaints
