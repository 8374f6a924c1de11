"""What several pages are shown with."""

from pathlib import Path

import pytest

from registry.models import Dataset
from tests.cast import Cast
from tests.counting import FILES, kept
from tests.data import declare


@pytest.fixture
def crm(cast: Cast, tmp_path: Path) -> Dataset:
    """Companies, leads and meetings, mapped to the declared vocabulary, are the data that is counted on."""
    declare(cast)
    return kept(cast, tmp_path, FILES)
