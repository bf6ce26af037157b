#!/bin/sh
# SPDX-License-Identifier: MIT
# host: --one-thread --hv ours --tools debian --smp 2 --dom0-vcpus 2 --timeout 1800 --file "$TOP/tests/system/suites/lib.inc:/lib.inc" --file "${BUILD:-$TOP/build}/tests/system/probe:/bin/probe" --file "${BUILD:-$TOP/build}/tests/system/check:/bin/check" --file "${BUILD:-$TOP/build}/tests/guests/pvh/tiny-pvh:/boot/tiny-pvh"
# A tiny PVH guest looks at its container from inside; some fight over a CPU's registers; one watches its
# clock while it is moved; others end in many ways, and a neighbour stays.
. /lib.inc

# pvh NAME EXTRA [LINE...]
pvh() {
    local name=$1 extra=$2
    shift 2
    config "$name" "type = 'pvh'" "kernel = '/boot/tiny-pvh'" "ramdisk = ''" "extra = '$extra'" \
        "memory = 32" "on_crash = 'preserve'" "$@"
    xl create -q "/root/$name.cfg"
}
# said TEXT [COUNT]: on the hypervisor's console, where the tiny guests write
said() { [ "$(xl dmesg | grep -c "$1")" -ge "${2:-1}" ]; }
# results [COUNT]: of the tests of that many tiny guests, once all have come to their end
results() {
    check ended wait_for 180 said TESTS-END "$@" || xl dmesg | tail -20
    xl dmesg | sed -n 's/^.*) PASS /PASS tiny: /p; s/^.*) FAIL /FAIL tiny: /p'
}
# value NAME: that the guest has said last, in decimal
value() { printf %d "0x$(xl dmesg | sed -n "s/^.*# $1: is //p" | tail -n 1)"; }
crashed() { xl list "$1" | grep -qE '[r-][b-][p-][s-]c[d-]'; }
runs() { xl list "$1" | grep -qE '[rb-]{2}---'; }
# dies HOW: such a guest is known as crashed; it goes without leaving anything
dies() {
    xl dmesg -c >/dev/null
    check "$1-created" pvh "$1" "die=$1" || return
    check "$1-crashes" wait_for 60 crashed "$1"
    check "$1-destroyed" xl destroy "$1"
}

begin
xl dmesg -c >/dev/null
check created pvh tests "second=1" "vcpus = 2"
results
check powered-off wait_for 60 gone tests

# registers: four vCPUs of containers and dom0 have one CPU
xl dmesg -c >/dev/null
xl vcpu-pin Domain-0 all 1
for n in 1 2; do
    check "fpu$n-created" pvh "fpu$n" "run=fpu seed=$n" "vcpus = 2" "cpus = '1'"
done
check dom0-registers /bin/check fpu 2 3
for n in 1 2; do check "fpu$n-told-to-end" xl trigger "fpu$n" nmi 0; done
results 2
xl vcpu-pin Domain-0 all all
for n in 1 2; do check "fpu$n-powered-off" wait_for 60 gone "fpu$n"; done

# time: while its vCPUs are moved and while they are paused
xl dmesg -c >/dev/null
before=$(date +%s)
check clock-created pvh clock "run=time" "vcpus = 2" "cpus = 'all'"
check clock-watched wait_for 60 said time-future-is-not # which comes just before
for n in 0 1 2 3 4 5 6 7; do
    xl vcpu-pin clock 0 $((n % 2)) && xl vcpu-pin clock 1 $((n / 2 % 2)) || fail clock-moved "$n"
done
check clock-paused xl pause clock
sleep 1
check clock-unpaused xl unpause clock
sleep 1
check clock-told-to-end xl trigger clock nmi 0
results
check time-goes-on-while-paused [ "$(value longest-gap)" -ge 1000000000 ]
check time-of-day [ "$(value wall-clock)" -ge $((before - 1)) -a "$(value wall-clock)" -le $(($(date +%s) + 1)) ]
check clock-powered-off wait_for 60 gone clock

was=$(settled) # the first guest has left directories in the store, as with any tools
check neighbour pvh neighbour "die=spin"
for how in code tables stack crash; do dies $how; done
# a triple fault resets a machine
check triple-created pvh triple "die=triple" "on_reboot = 'destroy'"
check triple-resets wait_for 60 gone triple
check halt-created pvh halt "die=halt"
check halt-is-the-end wait_for 60 gone halt
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
