#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""libxl's headers, in the drop-in layout, against those of the library it stands in for.

usage: layout_test.py CC IDL_DIRECTORY REFERENCE_INCLUDE OUR_INCLUDE...

Compiles one list of sizes, offsets and values with both sets of headers and compares what they
print; then compares what both declare: functions and macros.  Exit status 77 when the reference
headers are not there.
"""

import os
import re
import subprocess
import sys
import tempfile


def questions(idl, types):
    """C expressions that both sets of headers must answer alike."""
    for t in types.values():
        if isinstance(t, idl.Enum):
            yield from ("(long)%s%s" % (t.prefix, v) for v in t.values)
        else:
            name = "libxl_" + t.name
            yield "(long)sizeof(%s)" % name
            yield from fields(idl, name, "", t.items)


def fields(idl, name, path, items):
    for i in items:
        if getattr(i, "since", ""):
            continue
        where = path + i.name
        yield "(long)offsetof(%s, %s)" % (name, where)
        yield "(long)sizeof(((%s *)0)->%s)" % (name, where)
        if isinstance(i, idl.Array):
            yield "(long)offsetof(%s, %s%s)" % (name, path, i.count)
        elif isinstance(i, idl.Inner):
            yield from fields(idl, name, where + ".", i.items)
        elif isinstance(i, idl.Union):
            for arm, sub in i.arms.items():
                yield from fields(idl, name, "%s.%s." % (where, arm), sub)


def answers(cc, source, includes):
    with tempfile.TemporaryDirectory() as work:
        program = os.path.join(work, "answers")
        subprocess.run([cc, "-std=gnu11", "-x", "c", "-", "-o", program]
                       + ["-I" + i for i in includes], input=source, text=True, check=True)
        return subprocess.run([program], capture_output=True, text=True, check=True).stdout.split()


HEADERS = "#include <libxl.h>\n#include <libxl_utils.h>\n#include <libxl_json.h>\n"
# Declared there, and no part of the interface.
PRIVATE = re.compile(r"libxl__domain_build_info_copy_deprecated|__LIBXL_\w+_H")


def declared(cc, includes):
    """Functions with their prototypes, and the names of macros."""
    flags = ["-std=gnu11", "-x", "c", "-"] + ["-I" + i for i in includes]
    flags += ["-DHAVE_YAJL_YAJL_VERSION_H"]  # the reference guesses the wrong yajl without
    with tempfile.TemporaryDirectory() as work:
        aux = os.path.join(work, "aux")
        subprocess.run([cc, "-c", "-o", os.devnull, "-aux-info", aux] + flags, input=HEADERS,
                       text=True, check=True)
        with open(aux, encoding="utf-8") as f:
            lines = re.sub(r"/\*.*?\*/", "", f.read()).replace("struct libxl__ctx", "libxl_ctx")
    macros = subprocess.run([cc, "-E", "-dM"] + flags, input=HEADERS, capture_output=True,
                            text=True, check=True).stdout
    names = set(re.findall(r"#define (\w*LIBXL\w*|INVALID_DOMID|RANDOM_DOMID)", macros))
    return {l.strip() for l in lines.splitlines() if "libxl_" in l} | names


def main():
    cc, idl_dir, reference, *ours = sys.argv[1:]
    if not os.path.exists(os.path.join(reference, "_libxl_types.h")):
        print("SKIP: no libxl headers in " + reference)
        return 77
    sys.path.insert(0, idl_dir)
    sys.dont_write_bytecode = True
    import idl

    asked = list(questions(idl, idl.load()))
    source = "#include <stddef.h>\n#include <stdio.h>\n#include <libxl.h>\nint main(void)\n{\n"
    source += "".join('    printf("%%ld\\n", %s);\n' % q for q in asked) + "    return 0;\n}\n"
    theirs, mine = answers(cc, source, [reference]), answers(cc, source, ours)
    wrong = [(q, a, b) for q, a, b in zip(asked, theirs, mine) if a != b]
    for q, a, b in wrong:
        print("%s is %s, not %s" % (q, b, a))
    wanted = {d for d in declared(cc, [reference]) if not PRIVATE.search(d)}
    missing = wanted - declared(cc, ours)
    for d in sorted(missing):
        print("not declared: " + d)
    print("%d values compared, %d wrong; %d declarations compared, %d missing" % (
        len(asked), len(wrong), len(wanted), len(missing)))
    same_length = len(theirs) == len(mine) == len(asked)
    return 1 if wrong or missing or not same_length else 0


sys.exit(main())
