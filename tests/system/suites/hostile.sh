#!/bin/sh
# SPDX-License-Identifier: MIT
# host: --hv ours --tools debian --smp 4 --dom0-vcpus 2 --timeout 2700 --hv-args guest_loglvl=warning/all --file "$TOP/tests/system/suites/lib.inc:/lib.inc" --file "$TOP/tests/system/suites/hostile.inc:/hostile.inc" --file "${BUILD:-$TOP/build}/tests/system/probe:/bin/probe" --file "${BUILD:-$TOP/build}/tests/guests/hostile:/boot/hostile"
# A kernel that attacks its host: forged tables, selectors, calls, events, grants; deaths of many
# kinds; a fuzzer on four vCPUs.  A neighbour ticks on all the time, and dom0 stays well.
. /hostile.inc
begin
neighbour || end
attack
deaths
fuzz 60
health final
end
