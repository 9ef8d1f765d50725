"""A certificate's file read in a real browser: by keyboard, on a telephone, with axe."""

from __future__ import annotations

import re

import pytest

from tests.instruments.dcc_documents import BEFORE, SHOWN, TRUE, WRONG, document, result
from tests.web.look import DESK, OVERFLOW, PHONE, faults_of_access, keep_picture, listen

pytestmark = pytest.mark.browser


def test_a_dcc_is_chosen_read_and_corrected(sign_in, live_url, bureau):
    page = sign_in("manager")
    complaints = listen(page)
    page.goto(f"{live_url}/instruments/{bureau.instruments['DMM-1']}/certificates/new")
    page.get_by_text("Read the points from a file").click()
    blind = result(SHOWN.replace("basic_measuredValue", "xx_a"), title="Alternating voltage")
    content = document(result(SHOWN + TRUE + WRONG) + blind, before=BEFORE)
    page.set_input_files("[name=source]", {"name": "dcc.xml", "mimeType": "application/xml", "buffer": content})
    page.get_by_role("button", name="Read it", exact=True).click()
    page.wait_for_url(re.compile("read="))
    assert page.input_value("[name='points.2.correction']") == "-0.002"
    assert page.input_value("[name='points.0.phase']") == "as found"
    for size, window in (("wide", DESK), ("narrow", PHONE)):
        page.set_viewport_size(window)
        keep_picture(page, f"manager-{size}-certificate-read")
        assert faults_of_access(page) == []
        assert page.evaluate(OVERFLOW) <= 0
    assert complaints == []
