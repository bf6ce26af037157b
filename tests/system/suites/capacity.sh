#!/bin/sh
# SPDX-License-Identifier: MIT
# host: --hv ours --tools debian --mem 4096 --smp 2 --timeout 1800 --file "$TOP/tests/system/suites/lib.inc:/lib.inc" --file "${BUILD:-$TOP/build}/tests/system/probe:/bin/probe" --file "${BUILD:-$TOP/build}/tests/guests/hostile:/boot/hostile"
# Thirty guests of 64 MiB alive at once; two hundred that come and go and leave nothing.
. /lib.inc

# Guests of the tiny kernel: Debian's, unpacked, does not fit into 64 MiB.
names() { seq 30 | sed 's/^/g/'; }
alone() { [ "$(domains)" = 1 ]; }
thirty() {
    local n before
    for n in $(names); do
        tiny "$n" run=tick "memory = 64" || fail "create-$n" "status $?"
    done
    note "30 are there"
    check thirty-listed [ "$(domains)" = 31 ]
    wait_for 60 ticked_past g30 0
    for n in $(names); do
        eval "before_$n=$(tick "$n")"
    done
    sleep 5
    for n in $(names); do
        eval "before=\$before_$n"
        ticked_past "$n" "$before" || wait_for 60 ticked_past "$n" "$before" ||
            fail "alive-$n" "tick '$before', no more"
    done
    check thirty-alive [ "$(domains)" = 31 ]
    for n in $(names); do xl destroy "$n"; done
    check thirty-gone wait_for 60 alone
}

cycles() {
    local n before
    # what stays for good after the first: directories, tables that grow
    tiny cycle run=tick && xl destroy cycle
    probe cycle 5
    before=$(settled)
    note "$before"
    check cycles-of-domains probe cycle 180
    same_state same-after-180 "$before"
    for n in $(seq 20); do
        tiny cycle run=tick || { fail "cycle-$n" "not created"; break; }
        xl destroy cycle || fail "cycle-$n" "not destroyed"
    done
    same_state same-after-200 "$before"
}

begin
cycles
thirty
end
