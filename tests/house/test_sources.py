"""Every formula and rule names where it comes from by a key that the reader can look up."""

from __future__ import annotations

import re

from tests.house.tree import ROOT, tracked


def test_every_source_is_listed():
    page = (ROOT / "docs" / "sources.md").read_text("utf-8")
    keys = re.findall(r"^\| ([^|]+?) \|", page, re.MULTILINE)
    cited = [
        (str(path.relative_to(ROOT)), source)
        for path in tracked("lims/*.py")
        for source in re.findall(r"^\s+Source: (.+)$", path.read_text("utf-8"), re.MULTILINE)
    ]
    assert cited, "nothing cites a source: is the pattern still right?"
    unknown = [
        (path, source)
        for path, source in cited
        if not any(re.match(rf"{re.escape(key)}[,.:; ]", source) for key in keys)
    ]
    assert unknown == []
