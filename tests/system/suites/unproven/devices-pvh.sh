#!/bin/sh
# SPDX-License-Identifier: MIT
# host: --hv ours --tools ours --smp 2 --mem 3072 --timeout 400 --devices --file "$TOP/tests/system/suites/lib.inc:/lib.inc" --file "$TOP/tests/system/suites/devices.inc:/devices.inc" --file "$TOP/tests/system/suites/devices-main.inc:/devices-main.inc" --file "${BUILD:-$TOP/build}/tests/system/probe:/bin/probe"
# The same with PVH guests, in fewer rounds.
GUEST_TYPE=pvh
ROUNDS=${ROUNDS:-10}
. /devices-main.inc
