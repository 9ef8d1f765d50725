"""What is asked about the quality of work: what an instrument's error reaches, nonconforming work."""

from lims.quality.queries.chain import chain_of_line, chain_of_reading
from lims.quality.queries.nonconformities import (
    NonconformityRow,
    NonconformityView,
    nonconformities,
    nonconformity,
)
from lims.quality.queries.proofs import proofs
from lims.quality.queries.reach import reach
from lims.quality.queries.traced import Traced, traced, traced_lot

__all__ = [
    "NonconformityRow",
    "NonconformityView",
    "Traced",
    "chain_of_line",
    "chain_of_reading",
    "nonconformities",
    "nonconformity",
    "proofs",
    "reach",
    "traced",
    "traced_lot",
]
