"""Who may include whom: the floors of the house, and the one place of each library."""
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
