#!/bin/sh
# SPDX-License-Identifier: MIT
# host: --hv ours --tools ours --smp 2 --one-thread --mem 3072 --timeout 3600 --device-model --debian-disks --file "$TOP/tests/system/suites/lib.inc:/lib.inc" --file "$TOP/tests/system/suites/devices.inc:/devices.inc" --file "$TOP/tests/system/suites/debian.inc:/debian.inc" --file "${BUILD:-$TOP/build}/tests/system/probe:/bin/probe"
# One guest is enough each time; --dom0-args DISKS=block,qcow2 does the others.
GUEST_TYPE=pvh
DISKS=$(echo "$DISKS" | tr , ' ')
. /debian.inc

begin
debian_flows
end
