#!/bin/sh
# SPDX-License-Identifier: MIT
# host: --one-thread --hv ours --tools ours --smp 2 --mem 8192 --timeout 2700 --file "$TOP/tests/system/suites/lib.inc:/lib.inc" --file "$TOP/tests/system/suites/pvh.inc:/pvh.inc" --file "${BUILD:-$TOP/build}/tests/system/probe:/bin/probe"
. /pvh.inc
begin
pvh_flows
pvh_on_demand
end
