"""What is asked about methods: versions in force, the service catalogue, competence."""

from lims.methods.queries.catalogue import MethodRow, MethodView, ServiceView, method, methods, service, services
from lims.methods.queries.competence import CompetenceView, competences, competent, people_for
from lims.methods.queries.versions import EditionRow, VersionView, editions, version, version_in_force, versions

__all__ = [
    "CompetenceView",
    "EditionRow",
    "MethodRow",
    "MethodView",
    "ServiceView",
    "VersionView",
    "competences",
    "competent",
    "editions",
    "method",
    "methods",
    "people_for",
    "service",
    "services",
    "version",
    "version_in_force",
    "versions",
]
