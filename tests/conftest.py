"""The reports that more than one file of tests looks at: each is drawn once."""

from pathlib import Path

import pytest

from tests.reported import NAMES, built


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of two drawn borders."""
    return built(tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with names that would do harm where they were not text."""
    return built(tmp_path_factory.mktemp("hostile"), " ".join(NAMES[:2]), "".join(NAMES[:1:-1]))
