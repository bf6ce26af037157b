#!/bin/sh
# SPDX-License-Identifier: MIT
# host: --hv ours --tools both --smp 2 --timeout 1800 --devices --file "$TOP/tests/system/suites/lib.inc:/lib.inc" --file "$TOP/tests/system/suites/devices.inc:/devices.inc" --file "$TOP/tests/system/suites/devices-both.inc:/devices-both.inc" --file "$TOP/tests/system/suites/short-scripts.inc:/short-scripts.inc" --file "${BUILD:-$TOP/build}/tests/system/probe:/bin/probe"
. /devices-both.inc
