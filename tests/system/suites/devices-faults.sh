#!/bin/sh
# SPDX-License-Identifier: MIT
# host: --hv ours --tools ours --smp 2 --timeout 2700 --devices --file "$TOP/tests/system/suites/lib.inc:/lib.inc" --file "$TOP/tests/system/suites/devices.inc:/devices.inc" --file "$TOP/tests/system/suites/devices-faults.inc:/devices-faults.inc" --file "${BUILD:-$TOP/build}/tests/system/probe:/bin/probe"
. /devices-faults.inc

begin
faults_begin
for fault in killed_while_attaching killed_while_busy killed_while_detaching no_back_end back_end_dies store_is_updated; do
    note $fault
    $fault
    xl destroy one 2>/dev/null
done
end
