"""No real installation runs on the demonstration's accounts: their password is known to all."""

from __future__ import annotations

import logging

from flask import Flask, has_request_context, request

from lims.errors import Refused, Unavailable
from lims.http.session import house, open_transaction
from lims.people.queries import password_known_to_all

log = logging.getLogger("lims.start")


def init_guard(app: Flask) -> None:
    """Refuse to start on a database with open accounts of the demonstration, unless this is the demonstration.

    A database that does not answer yet, or has not this version's tables, is asked again before each page, until it was
    looked at once.
    """
    with app.app_context():
        if house().settings.demonstration:
            return
        looked = False

        def look() -> None:
            nonlocal looked
            style = (request.endpoint or "").endswith(".static") if has_request_context() else False
            if not looked and not style:
                with open_transaction() as session:
                    refused = password_known_to_all(session)
                if refused:
                    raise Refused(
                        "This database holds accounts of the demonstration, whose password everybody knows.",
                        rule="no account that everybody knows",
                        clause="ISO/IEC 17025, 7.11.3",
                        remedy="Use a database of your own, or close these accounts.",
                    )
                looked = True

        app.before_request(look)
        try:
            look()
        except Unavailable as error:
            log.error("%s", error)  # noqa: TRY400 - the sentence says it all
