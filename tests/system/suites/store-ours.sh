#!/bin/sh
# SPDX-License-Identifier: MIT
# host: --hv ours --tools both --smp 2 --timeout 1800 --file "$TOP/tests/system/suites/lib.inc:/lib.inc" --file "$TOP/tests/system/suites/store.inc:/store.inc" --file "$TOP/tests/unit/store/compare_tools.sh:/compare_tools.sh" --file "${BUILD:-$TOP/build}/tests/system/probe:/bin/probe"
# Debian's programs, unchanged, with our store: test-xenstore and xenstore-utils through Debian's library and
# through ours, by socket and by dom0's kernel; and Debian's xl.
. /store.inc
use_store ours
use_debian_tools
begin
test_program
test_commands 5
test_guest
end
