"""The main menu leads each role only where it is let in."""

from __future__ import annotations

import re

import pytest

from lims.people.rights import Role


@pytest.mark.parametrize("role", sorted(Role))
def test_every_entry_of_the_menu_opens(run, at, role) -> None:
    name = f"only-{role}".replace(" ", "-")
    run(lambda bureau: bureau.actor(name, Role(role)))
    desk = at(name)
    menu = re.search(r"<nav.*?</nav>", desk.get("/"), re.DOTALL)[0]
    addresses = re.findall(r'href="([^"]+)"', menu)
    assert addresses
    for address in addresses:
        desk.get(address)
