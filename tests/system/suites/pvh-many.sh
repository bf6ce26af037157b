#!/bin/sh
# SPDX-License-Identifier: MIT
# host: --one-thread --hv ours --tools ours --smp 4 --mem 6144 --translations 512 --timeout 3600 --file "$TOP/tests/system/suites/lib.inc:/lib.inc" --file "${BUILD:-$TOP/build}/tests/system/probe:/bin/probe" --file "${BUILD:-$TOP/build}/tests/guests/pvh/tiny-pvh:/boot/tiny-pvh"
# Ten PV guests and ten PVH guests of Debian's kernel alive at once; two hundred containers that come
# and go and leave nothing.
. /lib.inc

names() { for n in $(seq 10); do echo "pv$n pvh$n"; done; }
alone() { [ "$(domains)" = 1 ]; }
ticks() { [ -n "$(tick "$1")" ]; }
type_of() { case $1 in pvh*) echo pvh ;; *) echo pv ;; esac; }

side_by_side() {
    local n before
    for n in $(names); do
        config "$n" "type = '$(type_of "$n")'"
        xl create -q "/root/$n.cfg" || fail "create-$n" "status $?"
    done
    note "20 are there"
    check twenty-listed [ "$(domains)" = 21 ]
    for n in $(names); do
        wait_for 180 ticks "$n" || fail "up-$n" "$(lines "$(guest_log "$n")")"
        guest_log "$n" | grep -qi "GUEST-UP.*xen $(type_of "$n")\b" || fail "type-$n" "$(guest_log "$n" | grep GUEST-UP)"
    done
    note "20 are up"
    for n in $(names); do eval "before_$n=$(tick "$n")"; done
    for n in $(names); do
        eval "before=\$before_$n"
        wait_for 60 ticked_past "$n" "$before" || fail "alive-$n" "tick '$before', no more"
    done
    check twenty-alive [ "$(domains)" = 21 ]
    for n in $(names); do xl destroy "$n" || fail "destroy-$n" "status $?"; done
    check twenty-gone wait_for 60 alone
}

# cycle [-p]: create a guest that runs, or (-p) one that never does, and destroy it
cycle() {
    config cycle "type = 'pvh'" "kernel = '/boot/tiny-pvh'" "ramdisk = ''" "extra = 'die=spin'" \
        "memory = 32" "vcpus = 2"
    xl create -q "$@" /root/cycle.cfg && xl destroy cycle
}
cycles() {
    local n before
    cycle # what stays for good after the first: directories, tables that grow
    cycle
    before=$(settled)
    note "$before"
    for n in $(seq 200); do
        if [ $((n % 10)) = 0 ]; then cycle; else cycle -p; fi || { fail "cycle-$n" "status $?"; break; }
    done
    note "200 cycles"
    same_state same-after-200 "$before"
}

begin
cycles
side_by_side
end
