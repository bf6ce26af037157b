#!/bin/sh
# SPDX-License-Identifier: MIT
# host: --hv ours --tools ours --smp 2 --mem 3072 --timeout 3600 --device-model --debian-disks --file "$TOP/tests/system/suites/lib.inc:/lib.inc" --file "$TOP/tests/system/suites/devices.inc:/devices.inc" --file "$TOP/tests/system/suites/debian.inc:/debian.inc" --file "${BUILD:-$TOP/build}/tests/system/probe:/bin/probe"
. /debian.inc

begin
debian_flows
end
