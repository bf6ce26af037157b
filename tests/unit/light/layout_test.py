#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The drop-in layout of libxl's types against the headers of the library it stands in for.

usage: layout_test.py CC IDL_DIRECTORY REFERENCE_INCLUDE OUR_INCLUDE...

Compiles one list of sizes, offsets and values with both sets of headers and compares what they
print.  Exit status 77 when the reference headers are not there.
"""

import os
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
    print("%d compared, %d wrong" % (len(asked), len(wrong)))
    return 1 if wrong or len(theirs) != len(mine) or len(mine) != len(asked) else 0


sys.exit(main())
