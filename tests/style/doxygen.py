#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The reference is complete: doxygen.py SOURCE BUILD MAP=LIBRARY...

Doxygen finds nothing wrong in the public headers (docs/Doxyfile), and every symbol that a library
exports has its text there.  Left out: members of structs and the LIBXL_HAVE_* macros, where the name
may say all, and what the *_PRIVATE nodes export.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as tree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "abi"))
import symbols  # noqa: E402  (tests/abi/symbols.py)

MAY_BE_SILENT = re.compile(r"Member .* \(variable\) of struct .* is not documented|Member LIBXL_HAVE_\w+ "
                           r"|Member .*LIST_ENTRY")
# Declared by macros: libxl_device.h explains the functions of all classes at once; xenctrl/buffer.h
# the null buffer.
DECLARED_BY_MACRO = re.compile(r"libxl_device_\w+_(add|remove|destroy|list|list_free|getinfo)$"
                               r"|xc__hypercall_buffer_HYPERCALL_BUFFER_NULL$")


def run_doxygen(source, inputs, out, main_file):
    """What Doxygen warns of, and the names that have a text."""
    config = main_file + "\nINPUT += %s\nOUTPUT_DIRECTORY = %s\nGENERATE_HTML = NO\nGENERATE_XML = YES\n" % (
        " ".join('"%s"' % path for path in inputs), out)
    run = subprocess.run(["doxygen", "-"], input=config.encode(), cwd=source, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE)
    warnings = [line for line in run.stderr.decode().splitlines()
                if line.strip() and not MAY_BE_SILENT.search(line)]
    if run.returncode:
        warnings.append("doxygen ends with status %d" % run.returncode)
    documented = set()
    for path in pathlib.Path(out, "xml").glob("*.xml"):
        for member in tree.parse(path).getroot().iter("memberdef"):
            texts = [member.find(tag) for tag in ("briefdescription", "detaileddescription")]
            if any(text is not None and "".join(text.itertext()).strip() for text in texts):
                documented.add(member.findtext("name"))
    return warnings, documented


def self_test():
    """A function without text, and a parameter that is not there, must be noticed."""
    with tempfile.TemporaryDirectory() as place:
        header = pathlib.Path(place, "bad.h")
        header.write_text("/** @file */\nint silent(void);\n/** Text. @param b nothing */\nint wrong(int a);\n")
        warnings, documented = run_doxygen(place, [header], place, "QUIET = YES\n")
        return "silent" not in documented and "wrong" in documented and len(warnings) >= 2


def main():
    source, build, pairs = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]
    if not shutil.which("doxygen"):
        print("no doxygen")
        sys.exit(77)
    if not self_test():
        sys.exit("doxygen does not notice what it should")
    with tempfile.TemporaryDirectory() as out:
        types = build / "libxenlight" / "types"
        warnings, documented = run_doxygen(source, sorted(types.glob("*_types*.h")), out,
                                           pathlib.Path(source, "docs/Doxyfile").read_text())
    for pair in pairs:
        library = pair.split("=", 1)[1]
        for symbol in sorted(symbols.promised(symbols.exported(library))):
            if symbol not in documented and not DECLARED_BY_MACRO.match(symbol):
                warnings.append("%s: %s is exported, and no public header explains it" % (
                    pathlib.Path(library).name, symbol))
    print("\n".join(warnings))
    sys.exit(1 if warnings else 0)


if __name__ == "__main__":
    main()
