"""What is done about the quality of work: nonconforming work opened, contained, decided, closed."""

from lims.quality.operations.nonconformities import Opened, move_nonconformity, open_nonconformity

__all__ = ["Opened", "move_nonconformity", "open_nonconformity"]
