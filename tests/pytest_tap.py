"""pytest_tap.py FILE_OR_OPTION...: runs pytest and says the results as TAP, a case a line, so that
meson sees every case and shows it as soon as it is over."""
import sys

import pytest


class Tap:
    """A pytest plugin; what pytest itself prints is switched off."""

    def __init__(self):
        self.cases = 0
        self.collected = 0

    def say(self, ok, name, directive=""):
        self.cases += 1
        print(f"{'ok' if ok else 'not ok'} {self.cases} - {name.replace('#', '')}{directive}",
              flush=True)

    def pytest_addoption(self, parser):
        """What the terminal plugin would have brought, and failures ask for."""
        parser.addoption("--tap-verbosity", dest="verbose", default=0)

    def pytest_collectreport(self, report):
        if report.failed:
            self.say(False, report.nodeid)
            self.explain(report)

    def pytest_runtest_logreport(self, report):
        name = report.nodeid.split("/")[-1]
        if report.failed:
            self.say(False, name if report.when == "call" else f"{name} ({report.when})")
            self.explain(report)
        elif report.skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
            self.say(True, name, f" # SKIP {reason}")
        elif report.when == "call":
            self.say(True, name)

    @staticmethod
    def explain(report):
        text = report.longreprtext + "".join(f"\n{title}\n{body}" for title, body in report.sections)
        for line in text.splitlines():
            print(f"# {line}", flush=True)


tap = Tap()
status = pytest.main(["-p", "no:terminal", "-p", "no:cacheprovider", *sys.argv[1:]], plugins=[tap])
print(f"1..{tap.cases}")
sys.exit(status)
