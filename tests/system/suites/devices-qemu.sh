#!/bin/sh
# SPDX-License-Identifier: MIT
# host: --hv ours --tools ours --smp 2 --timeout 1800 --device-model --file "$TOP/tests/system/suites/lib.inc:/lib.inc" --file "$TOP/tests/system/suites/devices.inc:/devices.inc" --file "$TOP/tests/system/suites/devices-qemu.inc:/devices-qemu.inc" --file "${BUILD:-$TOP/build}/tests/system/probe:/bin/probe"
. /devices-qemu.inc
