"""The public page of a report in a real browser: on a telephone, in both languages; a file is compared, never sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from lims.reports import operations
from lims.reports.records import Report
from lims.store import files
from lims.store.db import transaction
from lims.worker import reports as worker
from tests.reports import bureau as setup
from tests.reports.steps import approve, view
from tests.web.look import OVERFLOW, PHONE, faults_of_access, keep_picture, listen

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def issued(module_sessions, settings, tmp_path_factory):
    """The public address of an issued report, and its file."""
    demonstration = replace(settings, demonstration=True, instance=tmp_path_factory.mktemp("sealing"))
    with ThreadPoolExecutor() as elsewhere:  # the browser's event loop runs in this thread, and a seal needs its own
        return elsewhere.submit(_issue, module_sessions, demonstration).result()


def _issue(sessions, demonstration) -> tuple[str, bytes]:
    with transaction(sessions) as session:
        bureau = setup.build(session)
        manager = bureau.manager(session)
        report_id = operations.draft(session, by=manager, job_id=setup.job(session, bureau))
        approve(session, manager, report_id)
        worker.seal(session, demonstration, report_id=report_id)
        version = view(session, manager, report_id).version
        operations.issue(session, by=manager, report_id=report_id, seen_version=version)
        report = session.get_one(Report, report_id)
        content, _type, _name = files.load(session, report.file_digest)
        return f"/r/{report.number}/{report.check_code}", content


def test_a_file_is_compared_in_the_browser_and_not_sent(page, live_url, issued):
    address, content = issued
    complaints, sent = listen(page), []
    page.on("request", lambda request: sent.append(request.method))
    page.goto(live_url + address)
    answer = page.locator("form [role=status]")
    for name, what, said in (("same.pdf", content, "Yes:"), ("other.pdf", content + b" ", "No:")):
        page.set_input_files("#file", {"name": name, "mimeType": "application/pdf", "buffer": what})
        page.get_by_role("button", name="Compare").click()
        answer.get_by_text(said).wait_for()
    assert set(sent) == {"GET"}
    assert complaints == []


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_the_public_pages_fit_a_telephone_and_everybody(browser, live_url, issued, language):
    context = browser.new_context(viewport=PHONE, locale=language)
    page = context.new_page()
    for name, address in (("public report", issued[0]), ("public check", "/r"), ("public unknown", f"{issued[0]}X")):
        page.goto(live_url + address)
        assert page.evaluate(OVERFLOW) <= 0, name
        assert faults_of_access(page) == [], name
        assert (page.locator("html").get_attribute("lang") == "en") == (language == "en")
        keep_picture(page, f"{name} {language}")
    context.close()
