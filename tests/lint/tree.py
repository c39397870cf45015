"""A tree of files as the lint checks see it: what git tracks, or every file outside of builds."""
import re
import subprocess
from pathlib import Path

BUILT = re.compile(r"(^|/)(build(-[^/]*)?|data|dist|node_modules|__pycache__|\.git|\.pytest_cache)(/|$)")
COMMENT_OR_TEXT = re.compile(
    r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL)


class Tree:
    def __init__(self, root):
        self.root = Path(root)
        self.files = sorted(self._list())

    def _list(self):
        if (self.root / ".git").exists():
            listed = subprocess.run(
                ["git", "-C", self.root, "ls-files", "-z", "--cached", "--others",
                 "--exclude-standard"], stdout=subprocess.PIPE, check=True, text=True).stdout
            return [f for f in listed.split("\0") if f and (self.root / f).is_file()]
        every = (p.relative_to(self.root).as_posix() for p in self.root.rglob("*") if p.is_file())
        return [f for f in every if not BUILT.search(f)]

    def text(self, path):
        return (self.root / path).read_bytes().decode("utf-8", errors="replace")

    def lines(self, path):
        return self.text(path).split("\n")

    def some(self, *suffixes, under=""):
        return [f for f in self.files if f.endswith(suffixes) and f.startswith(under)]

    def code(self, path):
        """C text with comments and literals blanked out; line numbers stay as they are."""
        def blank(match):
            text = match.group(0)
            return '""' if text[0] == '"' else re.sub(r"[^\n]", " ", text)
        return COMMENT_OR_TEXT.sub(blank, self.text(path))
