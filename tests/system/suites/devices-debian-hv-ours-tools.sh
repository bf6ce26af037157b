#!/bin/sh
# SPDX-License-Identifier: MIT
# host: --hv debian --tools ours --smp 2 --mem 3072 --dom0-mem 1400 --timeout 2700 --devices --file "$TOP/tests/system/suites/lib.inc:/lib.inc" --file "$TOP/tests/system/suites/devices.inc:/devices.inc" --file "$TOP/tests/system/suites/devices-main.inc:/devices-main.inc" --file "${BUILD:-$TOP/build}/tests/system/probe:/bin/probe"
ROUNDS=${ROUNDS:-5} MIB=${MIB:-5} # devices-ours-hv-ours-tools does more
KEPT=64
. /devices-main.inc
