#!/bin/sh
# SPDX-License-Identifier: MIT
# host: --hv ours --tools ours --smp 2 --timeout 2700 --file "$TOP/tests/system/suites/lib.inc:/lib.inc" --file "${BUILD:-$TOP/build}/tests/guests/hostile:/boot/hostile" --file "${BUILD:-$TOP/build}/tests/system/probe:/bin/probe" --file "$(readlink -f "$(command -v readelf)"):/bin/readelf" --package gdb-minimal
# What xl's monitor does with guests that end: on_poweroff, on_reboot, on_crash, on_watchdog.
. /lib.inc
DUMPS=/var/lib/xen/dump

# ends HOW ACTION: guest HOW-ACTION ends itself by HOW, and this is to be done then
ends() {
    local name=$1-$2
    tiny "$name" "run=end how=$1" "on_$1 = '$2'" || { fail "$name" "not created"; return 1; }
    check "$name-ends" wait_for 60 says "$name" "END $1"
}
anew() { says "$1" "END" 2; }
stays() { xl list "$1" | grep -q -- "$2"; }
dumped() { ls "$DUMPS"/*-"$1".*.core; }
# What ends comes back each time, as long as its monitor lives.
stop() {
    local monitor
    monitor=$(sed -n 's/.*to die \[pid \([0-9]*\)\].*/\1/p' "$LOGS/xl-$1.log" | tail -1)
    kill "$monitor"
    wait_for 60 no_process "$monitor" || return 1 # it first ends what it is at
    xl destroy "$1" 2>/dev/null
    wait_for 60 gone "$1"
}

destroyed() {
    for how in poweroff reboot crash watchdog; do
        ends "$how" destroy && check "$how-destroyed" wait_for 60 gone "$how-destroy"
    done
}
restarted() {
    for how in poweroff reboot crash watchdog; do
        ends "$how" restart && check "$how-restarted" wait_for 60 anew "$how-restart"
        check "$how-restart-stops" stop "$how-restart"
    done
}
preserved() {
    ends poweroff preserve && check poweroff-preserved wait_for 60 stays poweroff-preserve ---s
    ends crash preserve && check crash-preserved wait_for 60 stays crash-preserve ---sc
    ends watchdog preserve && check watchdog-preserved wait_for 60 stays watchdog-preserve ---s
    for how in poweroff crash watchdog; do check "$how-preserve-destroy" xl destroy "$how-preserve"; done
}
renamed() {
    ends crash rename-restart && check crash-renamed wait_for 60 anew crash-rename-restart
    check crash-renamed-stays sh -c "xl list | grep -q '^crash-rename-restart-20.* ---sc'"
    check crash-renamed-stops stop crash-rename-restart
    for n in $(xl list | awk '/^crash-rename-restart-/ {print $2}'); do xl destroy "$n"; done
}
core_is_good() {
    readelf -hlS "$1" >/tmp/elf && grep -q 'CORE (Core file)' /tmp/elf && grep -q ' LOAD ' /tmp/elf &&
        grep -q '\.xen_p2m' /tmp/elf && readelf -n "$1" | grep -q NT_PRSTATUS
}
# Where a guest's memory is only a kernel that has come far enough says.
linux() { # linux NAME ACTION
    config "$1" "extra = 'console=hvc0 quiet sysrq_always_enabled'" "on_crash = '$2'"
    check "$1-create" xl create -q "/root/$1.cfg" && check "$1-up" wait_for 180 says "$1" GUEST-UP
}
dumps() {
    linux once coredump-destroy || return
    xl sysrq once c
    check crash-dumped wait_for 120 dumped once
    check crash-dumped-gone wait_for 120 gone once
    check core-elf core_is_good "$(dumped once)"
    gdb -batch -nx -core "$(dumped once)" -ex 'info threads' -ex 'info registers' -ex 'x/4xb 0x1000' >/tmp/gdb 2>&1
    check core-gdb-registers grep -q '^rip *0xffffffff8' /tmp/gdb || cat /tmp/gdb
    check core-gdb-memory grep -q '^0x1000:.*0x' /tmp/gdb
    check core-has-memory grep -q "sysrq_always_enabled" "$(dumped once)"
    linux again coredump-restart || return
    domid=$(field again 2)
    xl sysrq again c
    check crash-dumped-anew wait_for 120 dumped again
    check crash-dumped-up wait_for 180 says again GUEST-UP 2
    check crash-dumped-other [ "$(field again 2)" != "$domid" ]
    rm -f "$DUMPS"/*
    check crash-dumped-destroy xl destroy again
}

begin
# what stays for good after the first guest
tiny first "run=end how=poweroff" && wait_for 60 gone first
start=$(settled)
xenstore-ls -f / | cut -d' ' -f1 >/tmp/nodes
for part in destroyed restarted preserved renamed dumps; do
    note $part
    $part
done
check nothing-runs [ "$(domains)" = 1 ]
same_state nothing-left "$start" 64
xenstore-ls -f / | cut -d' ' -f1 | diff /tmp/nodes - # what is left, if anything is
end
