#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""symbols.py notices what leaves, what comes and what moves: symbols_test.py CC."""
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
MAP = "A_1.0 {\n    global:\n        one;\n        two;\n    local: *;\n};\nA_PRIVATE {\n    global:\n        inner;\n};\n"
LIST = "# comment\none A_1.0\ntwo A_1.0\n"

CASES = [
    ("as promised", MAP, LIST, 0),
    ("gone from the library and its map", MAP.replace("        two;\n", ""), LIST, 1),
    ("new without a line in the list", MAP, LIST.replace("two A_1.0\n", ""), 1),
    ("moved to another node", MAP, LIST.replace("two A_1.0", "two A_0.9"), 1),
    ("no list at all", MAP, None, 1),
]


def run(cc, build_map, listed, check_map=None):
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        (place / "a.c").write_text("int one(void) {return 1;} int two(void) {return 2;} int inner(void) {return 3;}\n")
        (place / "a.map").write_text(build_map)
        subprocess.run([cc, "-shared", "-fPIC", "-Wl,-soname,liba.so.1", "-Wl,--version-script=a.map", "-o",
                        "liba.so", "a.c"], cwd=name, check=True)
        (place / "a.map").write_text(check_map or build_map)
        if listed:
            (place / "liba.so.1.symbols").write_text(listed)
        return subprocess.run([sys.executable, str(HERE / "symbols.py"), "check", name, "a.map=liba.so"], cwd=name,
                              stdout=subprocess.PIPE).returncode


def main():
    wrong = ["%s: status is not %d" % (what, wanted) for what, text, listed, wanted in CASES
             if run(sys.argv[1], text, listed) != wanted]
    if run(sys.argv[1], MAP, LIST, MAP.replace("        two;\n", "")) != 1:
        wrong.append("a symbol that its map does not name passed")
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
