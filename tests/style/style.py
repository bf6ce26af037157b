#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Rules for the text of this tree.  style.py RULE TREE prints what breaks the rule: exit status 1.

Rules: spdx, words, size, format, readme.  Status 77: what the rule needs is not on this machine.
"""
import pathlib
import re
import shutil
import subprocess
import sys

SKIP = 77
MAX_FILE = 1000
MAX_FUNCTION = 200
CLANG_FORMAT_VERSION = "14"

# Files that have no room for the line (JSON has no comments), or are the licence.
WITHOUT_SPDX = {"LICENSE", "CMakePresets.json", ".gitignore"}
# Data, not text that somebody wrote.
DATA_SUFFIXES = {".png", ".svg", ".gz", ".xz", ".zst", ".bin", ".elf", ".symbols"}

# Paths of one machine, and words that say how the tree came to be rather than what it is.
WORDS = re.compile(r"/work/|/home/\w+|/tmp/bash|farm-bench|\b[Hh]elpers?\b|ChatGPT|\bClaude\b|\bLLM\b")
# The same words in a sense that belongs here.
ORDINARY = re.compile(r"[Hh]elpers that|helpers\.c|BasedOnStyle: LLVM")
THIS_FILE = "tests/style/style.py"


def tracked(tree):
    """The files under version control, or in a tree without it all that are not built."""
    if (tree / ".git").exists() and shutil.which("git"):
        out = subprocess.run(["git", "-c", "safe.directory=*", "-C", str(tree), "ls-files", "-z"],
                             check=True, stdout=subprocess.PIPE).stdout.decode()
        names = [name for name in out.split("\0") if name]
    else:
        names = [str(path.relative_to(tree)) for path in sorted(tree.rglob("*"))
                 if not re.match(r"build|\.git/|.*__pycache__/", str(path.relative_to(tree)))]
    return [name for name in names if (tree / name).is_file() and not (tree / name).is_symlink()
            and pathlib.Path(name).suffix not in DATA_SUFFIXES]


def lines_of(tree, name):
    return (tree / name).read_text(encoding="utf-8", errors="replace").splitlines()


def spdx(tree):
    """The licence stands in the first line, or in the second below #!."""
    for name in tracked(tree):
        if name in WITHOUT_SPDX:
            continue
        if not any("SPDX-License-Identifier: MIT" in line for line in lines_of(tree, name)[:2]):
            yield "%s: no line SPDX-License-Identifier: MIT at the top" % name


def words(tree):
    for name in tracked(tree):
        if name == THIS_FILE:
            continue
        for number, line in enumerate(lines_of(tree, name), 1):
            found = WORDS.search(line)
            if found and not ORDINARY.search(line):
                yield "%s:%d: '%s' does not belong here" % (name, number, found.group())


def functions(lines):
    """(first line, number of lines) of each function body: the house style has its braces in column 1."""
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line.startswith("}") and start:
            yield start, number - start - 1
            start = None


def size(tree):
    for name in tracked(tree):
        path = pathlib.Path(name)
        if path.suffix not in {".c", ".h", ".S", ".py", ".sh", ".cmake"}:
            continue
        lines = lines_of(tree, name)
        if len(lines) > MAX_FILE:
            yield "%s: %d lines, at most %d" % (name, len(lines), MAX_FILE)
        if path.suffix in {".c", ".h"}:
            for start, length in functions(lines):
                if length > MAX_FUNCTION:
                    yield "%s:%d: a function of %d lines, at most %d" % (name, start, length, MAX_FUNCTION)


def format(tree):
    program = shutil.which("clang-format-" + CLANG_FORMAT_VERSION) or shutil.which("clang-format")
    version = program and re.search(r"version (\d+)", subprocess.run(
        [program, "--version"], stdout=subprocess.PIPE, check=True).stdout.decode())
    if not version or version.group(1) != CLANG_FORMAT_VERSION:
        print("clang-format %s is not installed" % CLANG_FORMAT_VERSION)
        sys.exit(SKIP)
    sources = [name for name in tracked(tree) if name.endswith((".c", ".h"))]
    for first in range(0, len(sources), 50):
        run = subprocess.run([program, "--dry-run", "-Werror"] + sources[first:first + 50], cwd=tree,
                             stderr=subprocess.PIPE)
        bad = re.findall(r"^([^\s:]+):(\d+):\d+: error", run.stderr.decode(), re.M)
        for name in sorted({name for name, _ in bad}):
            yield "%s:%s: not formatted; clang-format -i %s" % (
                name, min(int(line) for other, line in bad if other == name), name)
        if run.returncode and not bad:
            yield run.stderr.decode()


def readme(tree):
    """The manager that README.md shows is the one that is compiled."""
    code = lines_of(tree, "examples/minimal/minimal.c")[1:]
    shown = "\n".join("    " + line if line else "" for line in code)
    if shown not in "\n".join(lines_of(tree, "README.md")):
        yield "README.md does not show examples/minimal/minimal.c as it is"


RULES = {"readme": readme, "spdx": spdx, "words": words, "size": size, "format": format}


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in RULES:
        sys.exit(__doc__)
    broken = list(RULES[sys.argv[1]](pathlib.Path(sys.argv[2])))
    for line in broken:
        print(line)
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
