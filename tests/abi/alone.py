#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each public header must compile alone, as C11 and as C++17, without a warning.

The headers under xen/ are tried for each kind of reader: a plain program, a tool, a guest that asks
for the newest interface and (C only) the freestanding hypervisor.
"""
import argparse
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

from abi_headers import READERS, UNSERVED, list_headers

HYPERVISOR = ["-D__XEN__", "-ffreestanding"]
# For programs on Linux: they need its C library.
HOSTED_ONLY = ("xen/sys/", "xen/io/libxenvchan.h")
# Extra flags that a header's consumer always has.
YAJL = ["-DHAVE_YAJL_YAJL_VERSION_H"]
FLAGS = {
    "libxl_json.h": YAJL,
    "_libxl_types_json.h": YAJL,
    "xs.h": ["-Wno-cpp"],  # these two warn, on purpose, that they are old names
    "xs_lib.h": ["-Wno-cpp"],
}


def readers_of(header):
    if not header.startswith("xen/"):
        return {"plain": []}
    readers = dict(READERS)
    if not header.startswith(HOSTED_ONLY):
        readers["hypervisor"] = HYPERVISOR
    return {k: v for k, v in readers.items() if k not in UNSERVED.get(header, ())}


def attempts(args):
    for header in list_headers(args.include):
        for reader, flags in readers_of(header).items():
            yield header, reader, "C11", [args.cc, "-x", "c", "-std=c11"], flags
            if reader != "hypervisor":
                yield header, reader, "C++17", [args.cxx, "-x", "c++", "-std=c++17"], flags


def compile_one(args, folder, number, attempt):
    header, reader, language, compiler, flags = attempt
    source = os.path.join(folder, f"{number}.txt")
    with open(source, "w", encoding="ascii") as out:
        out.write(f"#include <{header}>\n")
    flags = flags + FLAGS.get(os.path.basename(header), [])
    command = compiler + ["-Wall", "-Werror", "-fsyntax-only", "-I", args.include] + flags
    run = subprocess.run(command + [source], capture_output=True, text=True, check=False)
    if run.returncode == 0:
        return None
    first = next((l for l in run.stderr.splitlines() if "error" in l), run.stderr[:200])
    return f"{header} ({language}, {reader}): {first}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cc", default="gcc")
    parser.add_argument("--cxx", default="g++")
    parser.add_argument("--include", required=True)
    args = parser.parse_args()
    todo = list(attempts(args))
    count = len({attempt[0] for attempt in todo})
    if not todo:
        sys.exit(f"no headers under {args.include}")
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda t: compile_one(args, folder, *t), enumerate(todo)))
    failures = [r for r in results if r]
    print("\n".join(failures))
    print(f"{len(todo)} compilations of {count} headers, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
