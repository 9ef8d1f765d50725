"""What is gathered on the way through one evaluation: the document, warnings and notes."""

from __future__ import annotations

from lims.methods.procedure import Procedure
from lims.metrology.sentence import Sentence


class Work:
    """One evaluation of a document."""

    def __init__(self, procedure: Procedure) -> None:
        self.procedure = procedure
        self.warnings: list[Sentence] = []
        self.notes: list[Sentence] = []

    def copy(self) -> Work:
        """The same so far; what comes on top stays with the copy."""
        found = Work(self.procedure)
        found.warnings, found.notes = self.warnings.copy(), self.notes.copy()
        return found

    def warn(self, sentence: Sentence) -> None:
        """Say something that the reader must weigh; once."""
        self._once(self.warnings, sentence)

    def note(self, sentence: Sentence) -> None:
        """Say how something was computed; once."""
        self._once(self.notes, sentence)

    @staticmethod
    def _once(sentences: list[Sentence], sentence: Sentence) -> None:
        if sentence not in sentences:
            sentences.append(sentence)
