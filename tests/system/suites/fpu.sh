#!/bin/sh
# SPDX-License-Identifier: MIT
# host: --hv ours --tools debian --smp 2 --dom0-vcpus 2 --timeout 1800 --file "$TOP/tests/system/suites/lib.inc:/lib.inc" --file "${BUILD:-$TOP/build}/tests/system/probe:/bin/probe" --file "${BUILD:-$TOP/build}/tests/system/check:/bin/check" --file "${BUILD:-$TOP/build}/tests/guests/hostile:/boot/hostile"
# Two tiny guests, a Debian guest and dom0 fight for two CPUs over the vector registers.
. /lib.inc

begin
guest_image /bin/check
config user "ramdisk = '/boot/more.img'" "extra = 'console=hvc0 check=fpu,3,20'" "vcpus = 2"
check created xl create -q /root/user.cfg
wait_for 180 says user GUEST-UP || fail up "$(lines "$(guest_log user | tail -5)")"
for n in 1 2; do
    tiny "fpu$n" "run=fpu seed=$n vcpus=2 seconds=20" "vcpus = 2" || fail "fpu$n" "not created"
done
check dom0-registers /bin/check fpu 3 20
check guest-registers wait_for 120 says user "CHECK fpu ok"
for n in 1 2; do
    check "tiny-$n-ended" wait_for 60 says "fpu$n" FPU-END
    guest_log "fpu$n" | sed -n "s/^PASS /PASS tiny-$n: /p; s/^FAIL /FAIL tiny-$n: /p; s/^FPU-ROUNDS/# rounds/p"
done
guest_log user | grep CHECK
end
