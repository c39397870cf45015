"""The checks. Each takes a Tree and returns its findings as sentences. ALL pairs each with bad
examples: a tree, and what the check must say of it."""
import re
import subprocess
import sys
from pathlib import PurePosixPath

import includes

# Lines of a file and of a function. Tests are lists of cases: they may be longer.
LIMITS = [("tests/", 600, 60), ("", 400, 40)]
REASON = re.compile(r"^[ \t/*#\"]*Longer than ", re.MULTILINE)
LENGTHY = (".c", ".h", ".py", ".sh", ".ts", ".tsx", ".css", ".mjs")

BANNED = ("sprintf vsprintf strcpy strcat strtok atoi atol atoll atof gets rand srand localtime "
          "gmtime ctime asctime strtod strtof scanf sscanf fscanf").split()
# table: which argument (or arguments) of a row it is sorted by
SORTED = {
    "src/app/config.def": 1,
    "src/cantrack/params.def": 1,
    "src/core/counters.def": 0,
    "src/http/examples.def": 0,
    "src/http/parameters.def": slice(0, 2),
    "src/http/routes.def": 1,
    "src/http/shapes.def": slice(0, 2),
    "src/http/topics.def": 0,
}
# Written so that this file does not hold what it looks for.
FORBIDDEN = [
    (re.compile(r"(?<![\w.])/(work|root|home/[a-z]+|Users)/"), "a path of one machine"),
    (re.compile(r"\b(deb|ftp|registry|pypi|proxy|crates)\.[a-z-]+\.(org|com|io|net)\b"),
     "a package registry's host"),
]
# Words between the tags of a view, or in what a screen reader says. They stand in web/src/texts/.
WORDS = re.compile(r"(?:^|[\w\"'/}])>\s*(?!cantrack<)[A-Za-z]{3,}[^<>{}=;]*</|"
                   r"\b(?:aria-label|title|placeholder|alt|label)=\"[A-Za-z]{3,}(?![\w]*[./])")
BINARY = (".png", ".gz", ".zst", ".bin", ".sqlite", ".ico", ".woff2")


def banned_functions(tree):
    pattern = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
    return [f"{path}:{number}: {match.group(1)} is banned"
            for path in tree.some(".c", ".h", ".def")
            for number, line in enumerate(tree.code(path).split("\n"), 1)
            for match in pattern.finditer(line)]


def sorted_tables(tree):
    """A table that says it is sorted is; and SORTED knows which of its columns is meant."""
    found = []
    for path in tree.some(".def"):
        text = tree.text(path)
        head = text.split("*/")[0]
        if not re.search(r"sorted[\s*]+by", head, re.IGNORECASE):
            continue
        if path not in SORTED:
            found.append(f"{path}: says it is sorted; tell tests/lint/checks.py by what")
            continue
        rows = re.findall(r"^[A-Z]+\((.*)", text, re.MULTILINE)
        keys = [[k.strip('"') for k in re.split(r",\s*|\)", row)[:2]] for row in rows]
        by = SORTED[path]
        found += [f"{path}: {b[by]} stands after {a[by]}" for a, b in zip(keys, keys[1:])
                  if a[by] > b[by] or a == b]
    return found


def _limits(path):
    return next((lines, function) for start, lines, function in LIMITS if path.startswith(start))


def long_files(tree):
    found = []
    for path in tree.some(*LENGTHY) + tree.some("", under="scripts/"):
        lines = tree.lines(path)
        head = "\n".join(lines[:20])
        if len(lines) - 1 > _limits(path)[0] and not REASON.search(head):
            found.append(f"{path}: {len(lines) - 1} lines and no reason in the head comment")
    return found


def long_functions(tree):
    """A function's body lies between a brace in the first column and the next one."""
    found = []
    for path in tree.some(".c", ".h"):
        lines = tree.lines(path)
        head = "\n".join(lines[:20])
        start = None
        for number, line in enumerate(lines, 1):
            if line == "{":
                start = number
            elif line == "}" and start is not None:
                above = "\n".join(lines[max(0, start - 15):start])
                if number - start - 1 > _limits(path)[1] and not REASON.search(above) \
                        and not REASON.search(head):
                    found.append(f"{path}:{start}: {number - start - 1} lines in a function")
                start = None
    return found


def words_of_the_page(tree):
    """What people read stands in web/src/texts/, and what stands there is read."""
    views = [path for path in tree.some(".ts", ".tsx", under="web/src/")
             if not path.endswith(".test.ts") and not path.startswith("web/src/texts/")]
    found = [f"{path}:{number}: words belong to web/src/texts/en.ts"
             for path in views if path.endswith(".tsx")
             for number, line in enumerate(tree.lines(path), 1)
             if not line.lstrip().startswith(("//", "*", "/*")) and WORDS.search(line)]
    if "web/src/texts/en.ts" not in tree.files:
        return found
    everything = "\n".join(tree.text(path) for path in views)
    begun = tuple(re.findall(r"`([a-z]\w*\.[\w.]*)\$\{", everything))  # t(`device.${tab}`)
    section = ""
    for number, line in enumerate(tree.lines("web/src/texts/en.ts"), 1):
        if head := re.match(r"\t(\w+): \{$", line):
            section = head.group(1)
        if key := re.match(r"\t\t(\w+): ['`{\"]", line):
            name = f"{section}.{key.group(1)}"
            if name not in everything and not name.startswith(begun):
                found.append(f"web/src/texts/en.ts:{number}: nothing says {name}")
    return found


def clang_format(tree):
    files = tree.some(".c", ".h")
    if not files:
        return []
    done = subprocess.run(["clang-format-14", "--dry-run", "--Werror", *files], cwd=tree.root,
                          stderr=subprocess.PIPE, text=True, check=False)
    return [line for line in done.stderr.splitlines() if "error:" in line]


def white_space(tree):
    found = []
    for path in tree.files:
        if path.endswith(BINARY) or "/corpus/" in path or path.startswith("tests/golden/"):
            continue
        text = tree.text(path)
        found += [f"{path}:{number}: blank at the end of the line"
                  for number, line in enumerate(text.split("\n"), 1) if line != line.rstrip()]
        if text and not text.endswith("\n"):
            found.append(f"{path}: no newline at the end")
    return found


def forbidden_words(tree):
    return [f"{path}:{number}: {why}"
            for path in tree.files if not path.endswith(BINARY) and "/corpus/" not in path
            for number, line in enumerate(tree.lines(path), 1)
            for pattern, why in FORBIDDEN if pattern.search(line)]


def built_sources(tree):
    """Every .c file stands in the nearest meson.build above it: 'name.c', or 'name' where the file
    is test_name.c or fuzz_name.c."""
    found = []
    for path in tree.some(".c"):
        file = PurePosixPath(path)
        for folder in file.parents:
            build = str(folder / "meson.build")
            if build in tree.files:
                stem = re.sub(r"^(test|fuzz)_", "", file.stem)
                names = (str(file.relative_to(folder)), stem)
                if not any(f"'{name}'" in tree.text(build) for name in names):
                    found.append(f"{path}: not in {build}")
                break
        else:
            found.append(f"{path}: no meson.build above it")
    return found


def include_directions(tree):
    """The floors of the house, and the one place of each library: see includes.py."""
    return includes.check(tree)


def import_directions(tree):
    """The floors of the page: see includes.py."""
    return includes.check_page(tree)


def described_routes(tree):
    """Every handler of routes.def has an example; every name in its path and query is told; and no
    row tells of what is not there."""
    def rows(name):
        path = f"src/http/{name}.def"
        return tree.text(path) if path in tree.files else ""

    told = set(re.findall(r"^EXAMPLE\((\w+)", rows("examples"), re.MULTILINE))
    names = set(re.findall(r"^PARAMETER\(\w+, (\w+)", rows("parameters"), re.MULTILINE))
    found = []
    seen_handlers, seen_names = set(), set()
    for pattern, handler, query in re.findall(
            r'^ROUTE\(\w+, "([^"]*)", \w+, (\w+), "([^"]*)"', rows("routes"), re.MULTILINE):
        seen_handlers.add(handler)
        if handler not in told:
            found.append(f"src/http/examples.def: no example of {handler}")
        wanted = re.findall(r"\{(\w+)\}", pattern) + [q for q in query.split(",") if q not in ("", "*")]
        found += [f"src/http/parameters.def: {name} of {pattern} is not told"
                  for name in wanted if name not in names]
        seen_names.update(wanted)
    found += [f"src/http/examples.def: no route has {name}" for name in told - seen_handlers]
    found += [f"src/http/parameters.def: no route has {name}" for name in names - seen_names]
    return found


def generated_files(tree):
    """docs/protocol.md agrees with params.def and commands.def."""
    script = tree.root / "scripts/protocol-doc"
    if not script.exists():
        return ["scripts/protocol-doc is missing"]
    done = subprocess.run([sys.executable, script, "--check"], cwd=tree.root, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    return [done.stdout.strip()] if done.returncode != 0 else []


def _stale_docs(commands):
    with open(__file__.rsplit("/tests/", 1)[0] + "/scripts/protocol-doc", encoding="utf-8") as file:
        script = file.read()
    return {
        "scripts/protocol-doc": script,
        "src/cantrack/params.def": 'PARAM(IDENT, "ident", IDENT, 0, "", "Who", "all", SEED)\n',
        "src/cantrack/commands.def": commands,
        "docs/protocol.md": "".join(f"<!-- {name}: begin -->\nold\n<!-- {name}: end -->\n"
                                    for name in ("parameters", "commands")),
    }


ALL = [
    (include_directions, [
        ({"src/base/buf.h": '#include "cantrack/message.h"\n'}, "may not include"),
        ({"src/gate/gate.c": '#include "http/server.h"\n'}, "may not include"),
        ({"src/simulate/a.c": '#include "store/record.h"\n'}, "may not include"),
        ({"src/core/hub.c": "#include <sqlite3.h>\n"}, "belongs to store"),
        ({"src/core/hub.c": "#include <glib.h>\n"}, "has no place"),
        ({"src/http/url.c": "#include <gnutls/x509.h>\n"}, "belongs to core/self_signed.c and"),
        ({"src/misc/hub.c": "int x;\n"}, "no floor"),
    ]),
    (import_directions, [
        ({"web/src/lib/jobs.ts": "import { toast } from '../ui/toast';\n"}, "may not import ../ui/toast"),
        ({"web/src/ui/range.tsx": "import {\n\tDAY,\n} from '../device/range';\n"}, "may not import"),
        ({"web/src/views/map.tsx": "const a = import('../shell');\n"}, "may not import ../shell"),
        ({"web/src/misc/a.ts": "export {};\n"}, "no floor"),
    ]),
    (banned_functions, [
        ({"src/a.c": "void f(void)\n{\n\tsprintf(b, c);\n}\n"}, "src/a.c:3: sprintf"),
    ]),
    (sorted_tables, [
        ({"src/core/counters.def": "/* Sorted by\n * name */\nCOUNTER(b)\nCOUNTER(a)\n"},
         "a stands after b"),
        ({"src/new.def": "/* sorted by name */\nNEW(a)\n"}, "by what"),
    ]),
    (long_files, [({"src/a.c": "int x;\n" * 401}, "401 lines")]),
    (long_functions, [({"src/a.c": "void f(void)\n{\n" + "\tg();\n" * 41 + "}\n"}, "41 lines")]),
    (words_of_the_page, [
        ({"web/src/a.tsx": "\treturn <p>Hello there</p>;\n"}, "web/src/a.tsx:1: words"),
        ({"web/src/a.tsx": '\t<button aria-label="Close it">\n'}, "web/src/a.tsx:1: words"),
        ({"web/src/a.ts": "t('a.used');\n",
          "web/src/texts/en.ts": "\ta: {\n\t\tunused: 'No',\n\t\tused: 'Yes',\n\t},\n"},
         "nothing says a.unused"),
    ]),
    (clang_format, [({"src/a.c": "int  x ;\n"}, "src/a.c:1")]),
    (white_space, [
        ({"src/a.c": "int x; \n"}, "end of the line"),
        ({"src/a.c": "int x;"}, "no newline"),
    ]),
    (forbidden_words, [
        ({"README.md": "see /wo" + "rk/x\n"}, "a path of one machine"),
        ({"README.md": "from regis" + "try.example.org\n"}, "registry's host"),
    ]),
    (built_sources, [({"src/meson.build": "'b.c'\n", "src/a.c": "int x;\n"}, "src/a.c: not in")]),
    (described_routes, [
        ({"src/http/routes.def": 'ROUTE(GET, "/x/{y}", READ, get_x, "z", "")\n',
          "src/http/parameters.def": "PARAMETER(PATH, y, string, \"\")\n"}, "no example of get_x"),
        ({"src/http/routes.def": 'ROUTE(GET, "/x/{y}", READ, get_x, "z", "")\n'}, "y of /x/{y}"),
        ({"src/http/examples.def": "EXAMPLE(get_x, \"\")\n"}, "no route has get_x"),
        ({"src/http/parameters.def": "PARAMETER(PATH, y, string)\n"}, "no route has y"),
    ]),
    (generated_files, [
        (_stale_docs('COMMAND(A, "a", "", NONE, V4, NONE, "R1,{time}", "A", "B")\n'), "is stale"),
        (_stale_docs('COMMAND(A, "a", "", NONE, V4, NONE, "R1,{x}", "A", "B")\n'
                     'PROPERTY(B, "x", TEXT, 1, 2, NULL, "X", "")\n'), "behind its command"),
    ]),
]
