"""Classes that speak what a driver file can't say: framed protocols, adapters of other libraries.

A driver names one by `kind = "python:package.module:Class"`. Only the classes listed here, and those that an installed
package offers under the entry point group `lims.protocols`, are ever loaded: a driver file can't run other code.
"""

from __future__ import annotations

import re
from importlib import import_module, metadata, util
from pathlib import Path
from typing import TYPE_CHECKING

from lims.errors import Invalid

if TYPE_CHECKING:
    from lims.instruments.transport import Line

SHIPPED = frozenset(
    {
        "lims.instruments.protocols.konica_minolta:ReceptorLine",
        "lims.instruments.protocols.measure:PyMeasureLine",
    }
)
GROUP = "lims.protocols"
_KIND = re.compile(r"python:(?P<module>[A-Za-z_][\w.]*):(?P<name>[A-Za-z_]\w*)", re.ASCII)


def line_class(kind: str) -> type[Line]:
    """Return the class of a kind; lines of text for the empty one.

    Raises
    ------
    Invalid
        When it is not one of those allowed.
    """
    from lims.instruments.transport import Line  # noqa: PLC0415  the server reads drivers without the VISA stack

    if not kind:
        return Line
    module, name = _allowed(kind)
    try:
        found = getattr(import_module(module), name, None)
    except ImportError as error:
        raise Invalid("%(kind)s can't be loaded: %(reason)s.", kind=kind, reason=str(error)) from error
    if not isinstance(found, type) or not issubclass(found, Line):
        raise Invalid("%(kind)s is no class that speaks with an instrument.", kind=kind)
    return found


def code(kind: str) -> bytes:
    """Return the source of a kind's module, for the hash of the driver.

    Raises
    ------
    Invalid
        When it is not one of those allowed, or its source can't be had.
    """
    module, _ = _allowed(kind)
    try:
        found = util.find_spec(module)
    except ImportError:
        found = None
    if found is None or found.origin is None:
        raise Invalid("The source of %(kind)s can't be found.", kind=kind)
    return Path(found.origin).read_bytes()


def _allowed(kind: str) -> tuple[str, str]:
    found = _KIND.fullmatch(kind)
    if found is None:
        raise Invalid("A kind is written python:package.module:Class.")
    target = f"{found['module']}:{found['name']}"
    if target not in SHIPPED and target not in {each.value for each in metadata.entry_points(group=GROUP)}:
        raise Invalid("%(target)s is not among the classes that a driver may name.", target=target)
    return found["module"], found["name"]
