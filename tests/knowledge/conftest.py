"""The shipped base, loaded once."""

import pytest

from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.loader import load


@pytest.fixture(scope="session")
def base() -> KnowledgeBase:
    """The shipped base of the default jurisdiction."""
    return load()
