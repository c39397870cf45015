import itertools

import pytest

from harness import Gateway


@pytest.fixture
def gateway(request):
    """A running gateway; @options adds to its command line."""
    args = getattr(request, "param", [])
    with Gateway(args=["--workers", "2", "--log-level", "debug", *args]) as g:
        yield g


@pytest.fixture(scope="module")
def door():
    """One gateway for all tests of a file; what they share, they divide by `own`."""
    with Gateway() as g:
        yield g


@pytest.fixture
def own(_numbers=itertools.count(1)):
    """A level of topics, or a client identifier, that no other test uses."""
    return f"own{next(_numbers)}"
