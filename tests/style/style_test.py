#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each rule of style.py notices what it forbids, and lets a clean tree pass."""
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
LICENCE = "/* SPDX-License-Identifier: MIT */\n"
CLEAN = LICENCE + "int one(void)\n{\n    return 1;\n}\n"

BROKEN = {
    "spdx": "int one(void)\n{\n    return 1;\n}\n",
    "words": CLEAN + "/* see /" + "work/notes */\n",
    "size": LICENCE + "void many(void)\n{\n" + "    ;\n" * 201 + "}\n",
    "readme": CLEAN.replace("1;", "2;"),
    "format": LICENCE + "int one(void) {\n  return 1;\n}\n",
}
LONG = LICENCE + "int x;\n" * 1000


def run(rule, text):
    with tempfile.TemporaryDirectory() as name:
        tree = pathlib.Path(name)
        (tree / ".clang-format").write_text((HERE.parent.parent / ".clang-format").read_text())
        (tree / "a.c").write_text(text)
        (tree / "examples/minimal").mkdir(parents=True)
        (tree / "examples/minimal/minimal.c").write_text(text)
        (tree / "README.md").write_text("<!-- SPDX-License-Identifier: MIT -->\n    int one(void)\n    {\n        return 1;\n    }\n")
        return subprocess.run([sys.executable, str(HERE / "style.py"), rule, name],
                              stdout=subprocess.PIPE).returncode


def main():
    wrong = []
    cases = [(rule, CLEAN, 0) for rule in BROKEN] + [(rule, text, 1) for rule, text in BROKEN.items()]
    for rule, text, wanted in cases + [("size", LONG, 1)]:
        status = run(rule, text)
        if status not in (wanted, 77):
            wrong.append("%s: status %d, not %d, for:\n%s" % (rule, status, wanted, text[:120]))
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
