"""Who may include whom: the floors of the house, and the one place of each library."""
import posixpath
import re

# A floor may include the floors that are named.
FLOORS = {
    "base": [],
    "cantrack": ["base"],
    "mqtt": ["base"],
    "model": ["base", "cantrack", "mqtt"],
    "store": ["base", "cantrack", "model"],
    "core": ["base", "cantrack", "model", "store"],
    "gate": ["base", "cantrack", "model", "store", "core"],
    "live": ["base", "cantrack", "mqtt", "model", "store", "core"],
    "sink": ["base", "cantrack", "model", "store", "core"],
    "http": ["base", "cantrack", "model", "store", "core"],
    "client": ["base"],
    "simulate": ["base", "cantrack", "mqtt"],
    "app": ["base", "cantrack", "mqtt", "model", "store", "core", "gate", "live", "sink", "http",
            "client", "simulate"],
}
# ... or the files.
LIBRARIES = {
    "uv.h": ["gate", "live"],
    "wslay/wslay.h": ["live/websocket.c"],
    "microhttpd.h": ["http"],
    "sqlite3.h": ["store"],
    "zstd.h": ["store"],
    "curl/curl.h": ["client", "sink"],
    "jansson.h": ["client", "model", "http"],
    "sodium.h": ["app", "core", "http"],
    "ini.h": ["app"],
    "gnutls/abstract.h": ["core/self_signed.c", "core/tls.c", "live"],
    "gnutls/crypto.h": ["core/self_signed.c", "core/tls.c", "live", "http/websocket.c"],
    "gnutls/gnutls.h": ["core/self_signed.c", "core/tls.c", "live", "http/websocket.c"],
    "gnutls/x509.h": ["core/self_signed.c", "core/tls.c", "live"],
    "uthash.h": [floor for floor in FLOORS if floor != "app"],
    "utlist.h": [floor for floor in FLOORS if floor != "app"],
}
SYSTEM = re.compile(
    r"(arpa|linux|net|netinet|sys)/\w+\.h|(assert|ctype|dirent|endian|errno|fcntl|float|getopt|"
    r"ifaddrs|inttypes|limits|locale|malloc|math|netdb|poll|pthread|pwd|sched|setjmp|signal|stdalign|"
    r"stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|stdnoreturn|string|strings|syslog|"
    r"termios|time|unistd)\.h|immintrin\.h")
# The same of the page: a floor may import those that stand before it, and its own.
PAGE_FLOORS = [["texts", "lib"], ["ui"], ["fleet"], ["device", "map", "plots", "track", "views"],
               ["login", "shell", "main"]]
IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']*)'""")
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)


def check(tree):
    found = []
    for path in tree.some(".c", ".h", ".def", under="src/"):
        floor = path.split("/")[1]
        if floor not in FLOORS:
            found.append(f"{path}: {floor} is no floor of the house")
            continue
        for ours, theirs in INCLUDE.findall(tree.text(path)):
            if ours:
                target = ours.split("/")[0] if "/" in ours else floor
                if target != floor and target not in FLOORS[floor]:
                    found.append(f"{path}: {floor} may not include {ours}")
            elif theirs in LIBRARIES:
                if floor not in LIBRARIES[theirs] and path[4:] not in LIBRARIES[theirs]:
                    found.append(f"{path}: {theirs} belongs to {' and '.join(LIBRARIES[theirs])}")
            elif not SYSTEM.fullmatch(theirs):
                found.append(f"{path}: <{theirs}> has no place in tests/lint/includes.py")
    return found


def _page_floor(path):
    """Of web/src/ui/grid.tsx that of ui, of web/src/main.tsx that of main; -1: it has none."""
    name = path.removeprefix("web/src/").split("/")[0].split(".")[0]
    return next((i for i, floor in enumerate(PAGE_FLOORS) if name in floor), -1)


def check_page(tree):
    found = []
    for path in tree.some(".ts", ".tsx", under="web/src/"):
        if _page_floor(path) < 0:
            found.append(f"{path}: stands on no floor of the page")
        for target in IMPORT.findall(tree.text(path)):
            other = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            if "/styles/" not in other and _page_floor(other) > _page_floor(path):
                found.append(f"{path}: may not import {target}")
    return found
