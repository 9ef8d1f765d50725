"""The one thing that pyproject.toml can't say: compile the message catalogues before they are packed."""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from setuptools import setup
from setuptools.command.build_py import build_py


class WithCatalogues(build_py):
    """Packs Python files and data, the catalogues compiled: without this a wheel would speak English only."""

    def run(self) -> None:
        """Write each messages.mo beside its messages.po, then pack as usual."""
        for path in Path(__file__).parent.glob("lims/translations/*/LC_MESSAGES/messages.po"):
            with path.open("rb") as written, path.with_suffix(".mo").open("wb") as compiled:
                write_mo(compiled, read_po(written, locale=path.parent.parent.name))
        super().run()


setup(cmdclass={"build_py": WithCatalogues})
