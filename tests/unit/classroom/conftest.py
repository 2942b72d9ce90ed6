"""Worlds of those who are followed."""

import pytest

from tests.unit.classroom.follow_worlds import after, policed


@pytest.fixture(scope="module", params=[4, 6])
def busy(request):
    """A busy world, and its ledger."""
    parameters = policed(request.param)
    return parameters, after(parameters)
