"""What is done to methods: write an edition, send it for review, approve it, authorise people, offer services."""

from lims.methods.operations.catalogue import change_method, change_service, create_method, offer_service
from lims.methods.operations.competence import authorise, move_competence
from lims.methods.operations.studies import feed_study, store_study
from lims.methods.operations.validation import record_validation
from lims.methods.operations.versions import approve_version, change_draft, move_version, write_version

__all__ = [
    "approve_version",
    "authorise",
    "change_draft",
    "change_method",
    "change_service",
    "create_method",
    "feed_study",
    "move_competence",
    "move_version",
    "offer_service",
    "record_validation",
    "store_study",
    "write_version",
]
