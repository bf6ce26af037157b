#!/bin/sh
# SPDX-License-Identifier: MIT
# host: --one-thread --hv ours --tools debian --smp 2 --dom0-vcpus 2 --timeout 240 --file "$TOP/tests/system/suites/lib.inc:/lib.inc" --file "${BUILD:-$TOP/build}/tests/system/probe:/bin/probe" --file "${BUILD:-$TOP/build}/tests/guests/pvh/tiny-pvh:/boot/tiny-pvh"
# A tiny PVH guest looks at its container from inside; others end in many ways, and a neighbour stays.
. /lib.inc

# pvh NAME EXTRA [LINE...]
pvh() {
    local name=$1 extra=$2
    shift 2
    config "$name" "type = 'pvh'" "kernel = '/boot/tiny-pvh'" "ramdisk = ''" "extra = '$extra'" \
        "memory = 32" "on_crash = 'preserve'" "$@"
    xl create -q "/root/$name.cfg"
}
# said TEXT: on the hypervisor's console, where the tiny guests write
said() { xl dmesg | grep -q "$1"; }
crashed() { xl list "$1" | grep -qE '[r-][b-][p-][s-]c[d-]'; }
runs() { xl list "$1" | grep -qE '[rb-]{2}---'; }
# dies HOW: such a guest is known as crashed; it goes without leaving anything
dies() {
    xl dmesg -c >/dev/null
    check "$1-created" pvh "$1" "die=$1" || return
    check "$1-crashes" wait_for 15 crashed "$1"
    check "$1-destroyed" xl destroy "$1"
}

begin
xl dmesg -c >/dev/null
check created pvh tests "second=1" "vcpus = 2"
check ended wait_for 60 said TESTS-END || xl dmesg | tail -20
xl dmesg | sed -n 's/^.*) PASS /PASS tiny: /p; s/^.*) FAIL /FAIL tiny: /p'
check powered-off wait_for 10 gone tests
was=$(state) # the first guest has left directories in the store, as with any tools
check neighbour pvh neighbour "die=spin"
for how in code tables stack crash; do dies $how; done
# a triple fault resets a machine
check triple-created pvh triple "die=triple" "on_reboot = 'destroy'"
check triple-resets wait_for 15 gone triple
check halt-created pvh halt "die=halt"
check halt-is-the-end wait_for 15 gone halt
check faults-created pvh faults "die=faults"
sleep 3
check faults-destroyed xl destroy faults
check neighbour-stays runs neighbour
check neighbour-destroyed xl destroy neighbour
n=0
while [ $n -lt 10 ]; do
    pvh "cycle$n" "die=spin" "vcpus = 2" || fail "cycle$n" "not created"
    xl destroy "cycle$n"
    n=$((n + 1))
done
same_state nothing-left "$was" 16
end
