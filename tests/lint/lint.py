"""lint.py ROOT: the rules of the house that a tool can check, said as TAP.

Each check is a function of a tree that returns its findings. Each is also run on small bad trees
that it must object to, so that no check dies without anyone noticing.
"""
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
import checks  # noqa: E402
from tree import Tree  # noqa: E402


def write_tree(folder, files):
    for path, text in files.items():
        place = Path(folder) / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)


def main():
    root = Path(sys.argv[1]).resolve()
    tree = Tree(root)
    number = bad = 0

    def say(ok, name, findings):
        nonlocal number, bad
        number += 1
        bad += not ok
        print(f"{'ok' if ok else 'not ok'} {number} - {name}")
        if not ok:
            print("".join(f"# {finding}\n" for finding in findings or ["no objection"]), end="")

    for check, examples in checks.ALL:
        findings = check(tree)
        say(not findings, check.__name__, findings)
        for example, expected in examples:
            with tempfile.TemporaryDirectory() as folder:
                write_tree(folder, {".clang-format": tree.text(".clang-format"), **example})
                found = check(Tree(folder))
            say(any(expected in f for f in found), f"{check.__name__} objects: {expected}", found)
    print(f"1..{number}")
    sys.exit(1 if bad else 0)


main()
