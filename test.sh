#!/bin/bash
# SPDX-License-Identifier: MIT
# Build everything and run every test; the last line is "N passed, N failed, N skipped".
#
#   ./test.sh               all: hosted tests (sanitized and not), static checks, hosts in QEMU
#   ./test.sh --quick       without the hosts in QEMU
#   ./test.sh --only WORD   of the hosts in QEMU, only suites whose name contains WORD
#   ./test.sh --help        this
#
# Wants Debian 12, two cores, root or sudo; no KVM.  Installs what it needs from Debian's packages.
set -uo pipefail
cd "$(dirname "$0")"
TOP=$PWD
. tests/system/lib/packages.sh

quick= only=
while [ $# -gt 0 ]; do
    case $1 in
    --quick) quick=1; shift ;;
    --only) only=$2; shift 2 ;;
    -h | --help) sed -n '3,/^set -/p' "$0" | sed 's/^# \{0,1\}//;$d'; exit 0 ;;
    *) echo "test.sh: unknown option $1 (--help lists them)" >&2; exit 2 ;;
    esac
done

passed=0 failed=0 skipped=0 started=$SECONDS
say() { printf '[%4d s] %s\n' $((SECONDS - started)) "$*"; }
pass() { passed=$((passed + 1)); }
fail() { failed=$((failed + 1)); say "FAILED: $*"; }
finish() {
    say "all done"
    echo "$passed passed, $failed failed, $skipped skipped"
    [ $failed = 0 ] && [ $passed -gt 0 ]
    exit
}

# build PRESET
build() {
    local log=build-$1.log
    say "build: $1"
    if cmake --preset "$1" >"$log" 2>&1 && cmake --build --preset "$1" >>"$log" 2>&1; then
        pass
        rm -f "$log"
    else
        tail -40 "$log"
        fail "build $1"
        return 1
    fi
}

# run_ctest DIR LABEL: each ctest test counts as one.
run_ctest() { # DIR [CTEST OPTIONS]
    local junit=$1/junit.xml dir=$1
    shift
    set -- "$dir" "$@"
    say "ctest: $1"
    rm -f "$junit"
    ctest --test-dir "$1" --output-on-failure --timeout 600 -j2 --output-junit junit.xml "${@:2}" >"$1/ctest.log" 2>&1
    [ -f "$junit" ] || { tail -40 "$1/ctest.log"; fail "ctest $1 did not run"; return; }
    local counts
    counts=$(python3 - "$junit" <<'PY'
import sys, xml.etree.ElementTree as tree
bad, ok, skip = [], 0, 0
for case in tree.parse(sys.argv[1]).getroot().iter("testcase"):
    status = case.get("status")
    if status == "run":
        ok += 1
    elif status in ("notrun", "disabled") or case.find("skipped") is not None:
        skip += 1
        print("skipped:", case.get("name"), file=sys.stderr)
    else:
        bad.append(case.get("name"))
print(ok, skip, *bad)
PY
)
    set -- $counts
    passed=$((passed + $1))
    skipped=$((skipped + $2))
    shift 2
    [ $# = 0 ] || cat "$(dirname "$junit")/ctest.log"
    local name
    for name; do fail "$name"; done
}

# run_suite FILE: a script for dom0; its second comment lines "# host: ARGS" say on which host.
run_suite() {
    local name log args rc=0 p f s
    name=$(basename "$1" .sh)
    log=build/system-$name.log
    args=$(sed -n 's/^# host: //p' "$1")
    say "host: $name ($args)"
    eval "tests/system/host --kernel kept $args --log '$log' '$1'" >/dev/null 2>"$log.err" || rc=$?
    p=$(grep -c '^PASS ' "$log"); f=$(grep -c '^FAIL ' "$log"); s=$(grep -c '^SKIP ' "$log")
    passed=$((passed + p)); skipped=$((skipped + s))
    # a failure with what the suite says after it
    awk '/^FAIL / {show = 60} /^PASS |^# |^SUITE-END/ {show = 0} /^SKIP / || show-- > 0' "$log"
    failed=$((failed + f))
    # dom0's kernel may have begun a message on that line
    if ! grep -q 'SUITE-END' "$log"; then
        tail -60 "$log"; tail -5 "$log.err"
        fail "$name did not come to its end (status $rc)"
    elif [ $((p + f)) = 0 ]; then
        fail "$name ran no test"
    fi
}

say "packages"
install_packages $BUILD_PACKAGES $TEST_PACKAGES || { fail "packages"; finish; }
# Also for hosted tests, which compare with Debian's programs and read Debian's kernel.
fetch_packages $DOM0_PACKAGES $XEN_PACKAGES "$(kernel_package)" || fail "Debian's packages"
build release || finish
build debug || finish
# What is about sources and exports is the same in both builds.
run_ctest build-debug -E '^(style|abi)\.'
run_ctest build
[ -z "$quick" ] || finish
for suite in tests/system/suites/*.sh; do
    [[ $suite == *"$only"* ]] && run_suite "$suite"
done
finish
