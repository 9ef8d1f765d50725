"""What is asked about methods: versions in force, the service catalogue, competence."""

from lims.methods.queries.catalogue import MethodRow, MethodView, ServiceView, method, methods, service, services
from lims.methods.queries.competence import CompetenceView, best, competences, competent, held, people_for
from lims.methods.queries.studies import StudyView, studies, study
from lims.methods.queries.versions import (
    EditionRow,
    VersionView,
    editions,
    version,
    version_in_force,
    versions,
    versions_at_work,
)

__all__ = [
    "CompetenceView",
    "EditionRow",
    "MethodRow",
    "MethodView",
    "ServiceView",
    "StudyView",
    "VersionView",
    "best",
    "competences",
    "competent",
    "editions",
    "held",
    "method",
    "methods",
    "people_for",
    "service",
    "services",
    "studies",
    "study",
    "version",
    "version_in_force",
    "versions",
    "versions_at_work",
]
