#!/bin/sh
# SPDX-License-Identifier: MIT
# Static analysis of the product's code; any finding that cppcheck/suppressions.txt does not name fails.
#   cppcheck.sh SOURCE BUILD
set -u
source=$1 build=$2
here=$(dirname "$0")/cppcheck
command -v cppcheck >/dev/null || { echo "no cppcheck"; exit 77; }

# analyse WHAT FLAGS...: what is remembered between runs stands in the build tree.
analyse() {
    mkdir -p "$build/cppcheck/$1"
    cache=$build/cppcheck/$1
    shift
    cppcheck --cppcheck-build-dir="$cache" --enable=warning,performance,portability --quiet \
        --std=c11 --platform=unix64 -j2 --error-exitcode=1 --inline-suppr \
        --template='{file}:{line}: {severity}: {message} [{id}]' \
        --suppressions-list="$here/suppressions.txt" \
        -D__XEN_TOOLS__ -D__x86_64__ -D__GNUC__=12 -I"$source/include" "$@"
}

rc=0
analyse libraries -D_GNU_SOURCE -D__linux__ --include="$here/system.h" \
    -I"$source/libxenctrl" -I"$source/libxenctrl/ctrl" -I"$source/libxenguest" \
    -I"$source/libxenlight" -I"$source/libxenlight/util" -I"$source/libxenstore" \
    -I"$build/libxenlight/types" "$source/libxenctrl" "$source/libxenguest" \
    "$source/libxenlight" "$source/libxenstore" "$source/examples" || rc=1
analyse hypervisor -D__XEN__ -DHV_FREESTANDING -I"$source/hypervisor/include" \
    -I"$source/hypervisor/arch/x86/include" -I"$source/hypervisor/arch/x86/include/libc" \
    "$source/hypervisor/core" "$source/hypervisor/arch/x86" || rc=1

# The analysis itself must notice a defect.
bad=$build/cppcheck/bad.c
mkdir -p "$build/cppcheck/bad"
printf 'int f(void)\n{\n    int a[2] = {0, 0};\n    return a[2];\n}\n' >"$bad"
if analyse bad "$bad" 2>/dev/null; then
    echo "a read behind an array passed"
    rc=1
fi
exit $rc
