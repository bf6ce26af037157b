#!/bin/sh
# SPDX-License-Identifier: MIT
# host: --hv debian --tools ours --smp 6 --dom0-vcpus 1 --mem 8192 --timeout 2700 --hv-args "bootscrub=0 dom0_vcpus_pin" --file "$TOP/tests/system/suites/lib.inc:/lib.inc" --file "$TOP/tests/system/suites/pvh.inc:/pvh.inc" --file "${BUILD:-$TOP/build}/tests/system/probe:/bin/probe"
KEPT=64
. /pvh.inc
begin
pvh_flows apart
pvh_on_demand
end
