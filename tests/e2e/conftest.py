import pytest

from harness import Gateway


@pytest.fixture
def gateway(request):
    """A running gateway; @options adds to its command line."""
    args = getattr(request, "param", [])
    with Gateway(args=["--workers", "2", "--log-level", "debug", *args]) as g:
        yield g
