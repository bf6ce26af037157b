#!/bin/sh
# SPDX-License-Identifier: MIT
# host: --hv debian --tools both --smp 2 --timeout 1800 --file "$TOP/tests/system/suites/lib.inc:/lib.inc" --file "$TOP/tests/system/suites/store.inc:/store.inc" --file "$TOP/tests/unit/store/compare_tools.sh:/compare_tools.sh" --file "${BUILD:-$TOP/build}/tests/system/probe:/bin/probe"
# Our xl and our commands with Debian's xenstored.
. /store.inc
use_store c
use_our_tools
begin
check same-answer [ "$(xenstore-read domid)" = 0 ]
test_commands 12
test_guest
end
