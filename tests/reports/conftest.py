"""A bureau, its signatory, one job and a key, for the tests of reports."""

from __future__ import annotations

import pytest

from lims.people.rights import Actor
from lims.reports import seal
from tests.reports import bureau as setup
from tests.reports.bureau import Bureau


@pytest.fixture(scope="module")
def key(tmp_path_factory) -> seal.Key:
    """A demonstration key."""
    return seal.demonstration_key(tmp_path_factory.mktemp("seal"))


@pytest.fixture
def bureau(session) -> Bureau:
    """A bureau."""
    return setup.build(session)


@pytest.fixture
def manager(session, bureau) -> Actor:
    """A manager who may sign."""
    return bureau.manager(session)


@pytest.fixture
def job_id(session, bureau) -> int:
    """A job with one reviewed line."""
    return setup.job(session, bureau)
