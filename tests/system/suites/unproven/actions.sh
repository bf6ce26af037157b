#!/bin/sh
# SPDX-License-Identifier: MIT
# host: --hv ours --tools ours --smp 2 --timeout 200 --file "$TOP/tests/system/suites/lib.inc:/lib.inc" --file "${BUILD:-$TOP/build}/tests/guests/hostile:/boot/hostile" --file "${BUILD:-$TOP/build}/tests/system/probe:/bin/probe" --file "$(command -v readelf):/bin/readelf"
# What xl's monitor does with guests that end: on_poweroff, on_reboot, on_crash, on_watchdog.
. /lib.inc
DUMPS=/var/lib/xen/dump

# ends HOW ACTION: guest HOW-ACTION ends itself by HOW, and this is to be done then
ends() {
    local name=$1-$2
    tiny "$name" "run=end how=$1" "on_$1 = '$2'" || { fail "$name" "not created"; return 1; }
    domid=$(sed -n "s/.*domid \([0-9]*\)) to die.*/\1/p" "$LOGS/xl-$name.log" | head -1)
    check "$name-ends" wait_for 20 says "$name" "END $1"
}
logged() { grep -q "$2" "$LOGS/xl-$1.log"; }
anew() { says "$1" "END" 2; }
stays() { xl list "$1" | grep -q "$2"; }
dumped() { ls "$DUMPS"/*-"$1".*.core; }
# What ends comes back each time, until its monitor sees it destroyed.
stop() {
    local n
    for n in $(seq 40); do
        xl destroy "$1" 2>/dev/null
        sleep 0.5
        logged "$1" 'has been destroyed' && gone "$1" && return
    done
    return 1
}

destroyed() {
    for how in poweroff reboot crash watchdog; do
        ends "$how" destroy && check "$how-destroyed" wait_for 10 gone "$how-destroy"
    done
}
restarted() {
    for how in poweroff reboot crash watchdog; do
        ends "$how" restart && check "$how-restarted" wait_for 20 anew "$how-restart"
        check "$how-restart-stops" stop "$how-restart"
    done
}
preserved() {
    ends poweroff preserve && check poweroff-preserved wait_for 10 stays poweroff-preserve ---s
    ends crash preserve && check crash-preserved wait_for 10 stays crash-preserve ---sc
    ends watchdog preserve && check watchdog-preserved wait_for 10 stays watchdog-preserve ---s
    for how in poweroff crash watchdog; do check "$how-preserve-destroy" xl destroy "$how-preserve"; done
}
renamed() {
    ends crash rename-restart && check crash-renamed wait_for 20 anew crash-rename-restart
    check crash-renamed-stays sh -c "xl list | grep -q '^crash-rename-restart-20.* ---sc'"
    check crash-renamed-stops stop crash-rename-restart
    for n in $(xl list | awk '/^crash-rename-restart-/ {print $2}'); do xl destroy "$n"; done
}
core_is_good() {
    readelf -hlS "$1" >/tmp/elf && grep -q 'CORE (Core file)' /tmp/elf && grep -q ' LOAD ' /tmp/elf &&
        grep -q '\.xen_p2m' /tmp/elf && readelf -n "$1" | grep -q NT_PRSTATUS
}
dumps() {
    ends crash coredump-destroy && check crash-dumped wait_for 10 dumped crash-coredump-destroy
    check crash-dumped-gone wait_for 10 gone crash-coredump-destroy
    check core-elf core_is_good "$(dumped crash-coredump-destroy)"
    check core-has-memory grep -q "run=end how=crash" "$(dumped crash-coredump-destroy)"
    ends watchdog coredump-restart && check watchdog-dumped wait_for 10 dumped watchdog-coredump-restart
    check watchdog-dumped-anew wait_for 20 anew watchdog-coredump-restart
    check watchdog-dumped-stops stop watchdog-coredump-restart
}

begin
# what stays for good after the first guest
tiny first "run=end how=poweroff" && wait_for 20 gone first
start=$(state)
for part in destroyed restarted preserved renamed dumps; do
    note $part
    $part
done
check nothing-runs [ "$(domains)" = 1 ]
same_state nothing-left "$start" 64
end
