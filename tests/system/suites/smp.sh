#!/bin/sh
# SPDX-License-Identifier: MIT
# host: --hv ours --tools debian --smp 4 --dom0-vcpus 2 --timeout 2700 --file "$TOP/tests/system/suites/lib.inc:/lib.inc" --file "${BUILD:-$TOP/build}/tests/system/probe:/bin/probe" --file "${BUILD:-$TOP/build}/tests/system/check:/bin/check" --file "${BUILD:-$TOP/build}/tests/guests/hostile:/boot/hostile"
# Four CPUs, dom0 on two, a guest on four, all busy for a minute; then two guests that share a CPU, and one
# whose vCPUs sleep and wake without end.
. /lib.inc

busy() {
    local last
    guest_image /bin/check
    config many "vcpus = 4" "ramdisk = '/boot/more.img'" "extra = 'console=hvc0 watchdog_thresh=30 rcupdate.rcu_cpu_stall_timeout=60 check=clock,4,60'"
    check created xl create -q /root/many.cfg || return
    check up wait_for 180 says many "GUEST-UP.*cpus=4" ||
        { note "$(lines "$(guest_log many | tail -5)")"; return; }
    check dom0-clock /bin/check clock 2 60
    check guest-clock wait_for 180 says many "CHECK clock ok"
    guest_log many | grep CHECK
    last=$(tick many)
    note "${last:-0} ticks"
    check guest-ticked [ "${last:-0}" -ge 10 ]
    check guest-ticks ticks_on many
    check guest-vcpus-ran sh -c "xl vcpu-list many | awk 'NR > 1 && \$6 < 10 {bad = 1} END {exit bad}'"
    guest_log many | grep -E "$TROUBLE" >/tmp/oops
    check guest-dmesg [ ! -s /tmp/oops ]
    xl destroy many
}

# share: weights 256 and 512 on one CPU must give 1:2 within 5 %, in the second in the middle of 25
share() {
    local out ratio
    tiny light "run=burn" "cpu_weight = 256" || fail light "not created"
    tiny heavy "run=burn" "cpu_weight = 512" || fail heavy "not created"
    check light-pinned xl vcpu-pin light 0 3
    check heavy-pinned xl vcpu-pin heavy 0 3
    check both-tick wait_for 60 both_tick
    sleep 3
    out=$(probe share "$(field light 2)" "$(field heavy 2)" 25)
    note "$out"
    ratio=${out##* }
    check share-1-to-2 awk -v r="$ratio" 'BEGIN {exit !(r >= 1.9 && r <= 2.1)}'
    check share-all-used sh -c "echo '$out' | awk '{exit \$1 + \$3 < 22500}'"
    xl destroy light
    xl destroy heavy
}
both_tick() { [ -n "$(tick light)" ] && [ -n "$(tick heavy)" ]; }

# Four vCPUs that put each other to sleep and wake each other
polls() {
    tiny polls "run=poll seconds=10 vcpus=4" "vcpus = 4" || fail polls "not created"
    wait_for 180 says polls POLL-END
    guest_log polls | grep POLL
    check poll-wakes says polls "PASS poll-wakes"
    check polls-gone wait_for 60 gone polls
}

begin
busy
share
polls
end
