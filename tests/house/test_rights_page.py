"""The page of rights is what the code says. `.venv/bin/python -m tests.house.test_rights_page` writes it anew."""

from __future__ import annotations

from lims.people.rights import ROLES, Right
from tests.house.tree import ROOT

PAGE = ROOT / "docs" / "reference" / "rights.md"

HEAD = """# Rights and roles

A person does what a right allows, in the place where the right is held: the whole bureau, one branch with its
laboratories, or one laboratory. Rights come by roles; a role is a bundle of rights, given in a place by somebody who
manages people there (ISO/IEC 17025 5.5, 6.2.6). Several roles in several places add up.

- Nobody gives themselves a role, and nobody closes their own account.
- Who manages people in one branch gives roles in that branch only, and none in the whole bureau.
- The last administrator of the whole bureau can't be taken away.
- An administrator has no laboratory authority. Nobody reviews a result that they submitted.
- A right is not enough at the bench, at the review and at the signature: competence for the method is asked too.
- A token of a program gives at most what its person may do, and less where it is made so.

Every page and every call of the JSON interface says which right it takes; the operation behind it asks again, at the
branch or laboratory of the thing. Lists show what the person may see.

"""


def page() -> str:
    """Return the page."""
    roles = list(ROLES)
    rows = [
        "| " + " | ".join([str(right), *("●" if right in ROLES[role] else "" for role in roles)]) + " |"
        for right in Right
    ]
    head = "| right | " + " | ".join(str(role) for role in roles) + " |"
    rule = "|---|" + ":-:|" * len(roles)
    return HEAD + "\n".join([head, rule, *rows]) + "\n"


def test_the_page_of_rights_is_what_the_code_says():
    assert PAGE.read_text("utf-8") == page(), "write it anew: .venv/bin/python -m tests.house.test_rights_page"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
