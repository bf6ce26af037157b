#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Our hypercall-ABI headers against a reference set (Debian's libxen-dev).

Names and declared types are read from the preprocessor's output. Sizes, offsets, bit-fields and
values come from the compiler: one program is generated from the reference's names, built once with
each set of headers, and what the two print must be the same. Exit status 77: no reference here.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

from abi_headers import READERS, UNSERVED, list_headers, preprocess, read_facts, TOKEN

STANDARD = "".join(f"#include <{h}>\n" for h in (
    "stdint.h", "stddef.h", "stdio.h", "string.h", "sys/types.h", "sys/ioctl.h"))
# What the reference's headers need in front of them: not all of them stand alone.
BEFORE = {
    "xen/arch-x86/hvm/save.h": "#include <xen/hvm/save.h>\n",
    "xen/arch-x86/pmu.h": "#include <xen/pmu.h>\n",
    "xen/arch-x86/xen-mca.h": "#include <xen/xen.h>\n",
    "xen/arch-x86/xen-x86_64.h": "#include <xen/xen.h>\n",
    "xen/sys/evtchn.h": "#include <xen/xen.h>\n",
    "xen/sys/privcmd.h": "#include <xen/xen.h>\n",
}
# Not comparable.
LEFT_OUT = {
    "xen/arch-arm/smccc.h": "the reference includes a file that is not installed",
}
PROBE = """
#define KIND(x) _Generic((x), char: "char", int: "int", unsigned int: "unsigned", long: "long", \\
    unsigned long: "unsigned long", long long: "long long", \\
    unsigned long long: "unsigned long long", default: "other")
#define INTEGER(n, x) do { \\
    if ((x) < 0) printf("value %s = %lld (%s)\\n", n, (long long)(x), KIND(x)); \\
    else printf("value %s = %llu (%s)\\n", n, (unsigned long long)(x), KIND(x)); } while (0)
#define SIZE(t) printf("size %s = %zu, aligned to %zu\\n", #t, sizeof(t), _Alignof(t))
#define MEMBER(t, m) printf("member %s.%s at %zu, size %zu\\n", #t, #m, offsetof(t, m), \\
    sizeof(((t *)0)->m))
#define OPEN_MEMBER(t, m) printf("member %s.%s at %zu\\n", #t, #m, offsetof(t, m))
#define BITS(t, m) do { union { t v; unsigned char b[sizeof(t)]; } u; size_t i; \\
    memset(&u, 0, sizeof(u)); u.v.m = -1; printf("bits %s.%s", #t, #m); \\
    for (i = 0; i < sizeof(t); i++) if (u.b[i]) printf(" %zu:%02x", i, u.b[i]); \\
    puts(""); } while (0)
"""


def source_of(header):
    return STANDARD + BEFORE.get(header, "") + f"#include <{header}>\n"


class Comparison:
    """One header, one reader, two include directories."""

    def __init__(self, cc, header, reader, reference, ours, folder):
        self.cc, self.header, self.folder = cc, header, folder
        self.flags = READERS[reader]
        self.roots = {"reference": reference, "ours": ours}
        self.source = source_of(header)
        self.problems, self.checks = [], 0

    def run(self):
        facts = {}
        for side, root in self.roots.items():
            try:
                facts[side] = read_facts(self.cc, root, self.header, self.source, self.flags)
            except RuntimeError as error:
                self.problem(f"{side} cannot be read: {error}")
                return self
        self.compare_names(facts["reference"], facts["ours"])
        if not self.problems:
            self.compare_values(facts["reference"])
        return self

    def problem(self, text):
        self.problems.append(f"{self.header}: {text}")

    def compare_names(self, ref, our):
        for kind, theirs, mine in (
                ("type", ref.members, our.members), ("typedef", ref.typedefs, our.typedefs),
                ("macro", ref.macros, our.macros),
                ("enumerator", dict.fromkeys(ref.enumerators), dict.fromkeys(our.enumerators))):
            for name in theirs.keys() - mine.keys():
                self.problem(f"{kind} {name} is missing")
            for name in mine.keys() - theirs.keys():
                self.problem(f"{kind} {name} is not in the reference")
            self.checks += len(theirs)
        for name in ref.members.keys() & our.members.keys():
            self.compare_members(name, ref.members[name], our.members[name])
        for name in ref.typedefs.keys() & our.typedefs.keys():
            if ref.typedefs[name] != our.typedefs[name]:
                self.problem(f"typedef {name}: {our.typedefs[name]}, not {ref.typedefs[name]}")
        for name in ref.macros.keys() & our.macros.keys():
            if ref.macros[name] != our.macros[name]:
                self.problem(f"macro {name}: other parameters than the reference's")

    def compare_members(self, name, theirs, mine):
        if list(theirs) != list(mine):
            self.problem(f"{name}: members {list(mine)}, not {list(theirs)}")
        for path in theirs.keys() & mine.keys():
            (their_type, their_bits), (my_type, my_bits) = theirs[path], mine[path]
            if (without_dimensions(their_type), their_bits) != \
                    (without_dimensions(my_type), my_bits):
                self.problem(f"{name}.{path}: {my_type}, not {their_type}")
            self.checks += 1

    def compare_values(self, ref):
        integers, strings, others = self.classify(ref)
        statements = [f'INTEGER("{n}", {n});' for n in integers + ref.enumerators]
        statements += [f'printf("text %s = %s\\n", "{n}", {n});' for n in strings]
        statements += [f"SIZE({n});" for n in ref.typedefs if ref.typedefs[n] != "void"]
        for name, members in ref.members.items():
            statements.append(f"SIZE({name});")
            statements += [statement(name, path, *m) for path, m in members.items()]
        program = self.source + PROBE + "int main(void)\n{\n" + "\n".join(statements) + "\n}\n"
        seen = {side: self.build_and_run(program, side) for side in self.roots}
        if all(seen.values()):
            self.compare_lines(seen["reference"], seen["ours"])
        for name in others:
            texts = [self.expansion(name, root) for root in self.roots.values()]
            if texts[0] != texts[1]:
                self.problem(f"macro {name}: {texts[1]}, not {texts[0]}")

    def compare_lines(self, theirs, mine):
        self.checks += len(theirs)
        if len(theirs) != len(mine):
            self.problem(f"{len(mine)} facts, not {len(theirs)}")
        for their_line, my_line in zip(theirs, mine):
            if their_line != my_line:
                self.problem(f"{my_line}; the reference: {their_line}")

    def classify(self, ref):
        """Object macros: integer constants, strings, the rest (by trial, in the reference)."""
        names = [n for n, parameters in ref.macros.items() if parameters is None]
        integers = self.accepted(names, "enum { probe_%d = (%s) };")
        rest = [n for n in names if n not in set(integers)]
        strings = self.accepted(rest, 'static const char probe_%d[] = "" %s;')
        return integers, strings, [n for n in rest if n not in set(strings)]

    def accepted(self, names, template):
        first = self.source.count("\n") + 1
        flags = ["-fsyntax-only", "-fmax-errors=0", "-ftrack-macro-expansion=0"]
        bad = {None}
        while bad and names:
            # Again, because one error can hide the next line's.
            lines = [template % (i, n) for i, n in enumerate(names)]
            run = self.compile(self.source + "\n".join(lines) + "\n", "reference", flags)
            errors = re.findall(r"^<stdin>:(\d+):\d+: error", run.stderr, re.M)
            bad = {int(line) - first for line in errors}
            names = [n for i, n in enumerate(names) if i not in bad]
        return names

    def compile(self, program, side, flags):
        command = [self.cc, "-std=gnu11", "-w", "-isystem", self.roots[side], "-x", "c", "-"]
        return subprocess.run(command + self.flags + flags, input=program, capture_output=True,
                              text=True, check=False)

    def build_and_run(self, program, side):
        binary = os.path.join(self.folder, self.header.replace("/", "_") + "." + side)
        built = self.compile(program, side, ["-o", binary])
        if built.returncode:
            errors = [l for l in built.stderr.splitlines() if "error" in l]
            self.problem(f"{side} does not compile: " + "; ".join(errors[:5]))
            return None
        return subprocess.run([binary], capture_output=True, text=True,
                              check=True).stdout.splitlines()

    def expansion(self, name, root):
        source = self.source + f"expansion_of_macro {name}\n"
        text = preprocess(self.cc, root, source, self.flags + ["-P"])
        return TOKEN.findall(text.rpartition("expansion_of_macro")[2])


def without_dimensions(text):
    """Array dimensions are compared as sizes: 16 and a macro that says 16 are the same."""
    return re.sub(r"\[[^\]]+\]", "[n]", text)


def statement(name, path, text, bits):
    if bits is not None:
        return f"BITS({name}, {path});"
    if text.endswith(("[]", "[0]")):
        return f"OPEN_MEMBER({name}, {path});"
    return f"MEMBER({name}, {path});"


def compare(cc, reader, reference, ours, only=None):
    """(problems, number of facts compared, number of headers)"""
    theirs, mine = list_headers(reference, "xen"), list_headers(ours, "xen")
    problems = [f"{h}: missing" for h in theirs if h not in mine]
    problems += [f"{h}: not in the reference" for h in mine if h not in theirs]
    todo = [h for h in theirs if h in mine and h not in LEFT_OUT and
            reader not in UNSERVED.get(h, ()) and (only is None or h in only)]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(
            lambda h: Comparison(cc, h, reader, reference, ours, folder).run(), todo))
    for result in results:
        problems += result.problems
    return problems, sum(r.checks for r in results), len(results)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cc", default="gcc")
    parser.add_argument("--mode", choices=sorted(READERS), default="tools")
    parser.add_argument("--reference", default="/usr/include")
    parser.add_argument("--ours", required=True)
    args = parser.parse_args()
    if not os.path.exists(os.path.join(args.reference, "xen", "xen.h")):
        print(f"SKIP: no {args.reference}/xen/xen.h: install libxen-dev")
        return 77
    problems, facts, headers = compare(args.cc, args.mode, args.reference, args.ours)
    print("\n".join(problems))
    for header, reason in LEFT_OUT.items():
        print(f"left out: {header}: {reason}")
    print(f"{facts} facts of {headers} headers compared as {args.mode}, {len(problems)} differ")
    return 1 if problems or not facts else 0


if __name__ == "__main__":
    sys.exit(main())
