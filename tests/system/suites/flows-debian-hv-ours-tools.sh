#!/bin/sh
# SPDX-License-Identifier: MIT
# host: --kernel packaged --hv debian --tools ours --smp 2 --timeout 2700 --file "$TOP/tests/system/suites/lib.inc:/lib.inc" --file "$TOP/tests/system/suites/flows.inc:/flows.inc" --file "${BUILD:-$TOP/build}/tests/system/probe:/bin/probe"
KEPT=64
. /flows.inc
