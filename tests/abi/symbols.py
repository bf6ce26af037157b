#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The SDK's promise, symbol by symbol.

symbols.py check LISTS MAP=LIBRARY...    the libraries export what the lists and their maps say
symbols.py update LISTS MAP=LIBRARY...   write the lists anew: only ever adds lines in a release

LISTS has one file a library, SONAME.symbols: a line "symbol node" each.  A symbol that left or changed
its node breaks programs; one that came without its line in the list is not promised yet.  Nodes named
*_PRIVATE are for the SDK's own libraries and are not listed.
"""
import pathlib
import re
import subprocess
import sys

HEADER = "# SPDX-License-Identifier: MIT\n# %s: what it exports for good; kept by tests/abi/symbols.py.\n"


def exported(library):
    """{symbol: node} of a shared library."""
    out = subprocess.run(["nm", "-D", "--defined-only", "--with-symbol-versions", library], check=True,
                         stdout=subprocess.PIPE).stdout.decode()
    symbols = {}
    for line in out.splitlines():
        kind, name = line.split()[-2:]
        if kind == "A" and "@" not in name:
            continue  # the node itself
        symbol, _, node = name.partition("@")
        symbols[symbol] = node.lstrip("@") or "(none)"
    return symbols


def soname(library):
    out = subprocess.run(["readelf", "-d", library], check=True, stdout=subprocess.PIPE).stdout.decode()
    return re.search(r"SONAME.*\[(.*)\]", out).group(1)


def of_map(text):
    """{symbol: node} of a version script of ours: plain names, nodes that do not nest."""
    text = re.sub(r"/\*.*?\*/|#[^\n]*", "", text, flags=re.S)
    symbols = {}
    for node, body in re.findall(r"(\w[\w.]*)\s*\{(.*?)\}", text, re.S):
        body = re.sub(r"\blocal\s*:.*?(?=\bglobal\s*:|$)", "", body, flags=re.S).replace("global:", "")
        for symbol in re.findall(r"[\w.*]+(?=\s*;)", body):
            symbols[symbol] = node
    return symbols


def of_list(text):
    return dict(line.split() for line in text.splitlines() if line and not line.startswith("#"))


def promised(symbols):
    return {symbol: node for symbol, node in symbols.items() if not node.endswith("_PRIVATE")}


def differences(what, wanted, found):
    for symbol in sorted(wanted.keys() | found.keys()):
        old, new = wanted.get(symbol), found.get(symbol)
        if old and not new:
            yield "%s: %s@%s is gone" % (what, symbol, old)
        elif new and not old:
            yield "%s: %s@%s is new, and not there" % (what, symbol, new)
        elif old != new:
            yield "%s: %s moved from %s to %s" % (what, symbol, old, new)


def check(lists, pairs):
    unused = {path.name for path in lists.glob("*.symbols")}
    for version_map, library in pairs:
        found = exported(library)
        name = soname(library)
        path = lists / (name + ".symbols")
        unused.discard(path.name)
        yield from differences(version_map, of_map(pathlib.Path(version_map).read_text()), found)
        listed = of_list(path.read_text()) if path.exists() else {}
        yield from differences(path.name, listed, promised(found))
    for name in sorted(unused):
        yield "%s: no library has this SONAME" % name


def update(lists, pairs):
    for _, library in pairs:
        name = soname(library)
        symbols = promised(exported(library))
        (lists / (name + ".symbols")).write_text(
            HEADER % name + "".join("%s %s\n" % pair for pair in sorted(symbols.items())))


def main():
    if len(sys.argv) < 4 or sys.argv[1] not in ("check", "update"):
        sys.exit(__doc__)
    lists = pathlib.Path(sys.argv[2])
    pairs = [argument.split("=", 1) for argument in sys.argv[3:]]
    if sys.argv[1] == "update":
        update(lists, pairs)
        return
    broken = list(check(lists, pairs))
    print("\n".join(broken))
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
