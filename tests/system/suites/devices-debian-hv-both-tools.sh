#!/bin/sh
# SPDX-License-Identifier: MIT
# host: --hv debian --tools both --smp 2 --timeout 2700 --devices --file "$TOP/tests/system/suites/lib.inc:/lib.inc" --file "$TOP/tests/system/suites/devices.inc:/devices.inc" --file "$TOP/tests/system/suites/devices-both.inc:/devices-both.inc" --file "$TOP/tests/system/suites/short-scripts.inc:/short-scripts.inc" --file "${BUILD:-$TOP/build}/tests/system/probe:/bin/probe"
KEPT=64
. /devices-both.inc
