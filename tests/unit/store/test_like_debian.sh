#!/bin/bash
# SPDX-License-Identifier: MIT
# Debian's test-xenstore and xenstore-utils against our daemon, through Debian's library and through
# ours; and our commands beside Debian's: test_like_debian.sh XENSTORED TOOLS LIBRARIES API_PROBE.  Debian's
# programs are those in the cache of packages (tests/system/lib/packages.sh); 77 without them.
set -u
daemon=$1 tools=$2 libraries=$3 probe=$4
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../system/lib/packages.sh"
pkg=$PACKAGE_CACHE/pkg
program=$pkg/xen-utils-4.17/usr/lib/xen-4.17/bin/test-xenstore
utils=$pkg/xenstore-utils/usr/bin
debians=$pkg/libxenstore4/usr/lib/x86_64-linux-gnu:$pkg/libxentoolcore1/usr/lib/x86_64-linux-gnu
for file in "$program" "$utils/xenstore-ls" "$pkg/libxenstore4" "$pkg/libxentoolcore1"; do
    [ -e "$file" ] || { echo "not here: $file"; exit 77; }
done

XENSTORED_RUNDIR=$(mktemp -d)
export XENSTORED_RUNDIR
unset XENSTORED_PATH
"$daemon" -D --pid-file "$XENSTORED_RUNDIR/pid" || exit 1
trap 'kill $(cat "$XENSTORED_RUNDIR/pid"); rm -rf "$XENSTORED_RUNDIR"' EXIT
failed=0
for library in "$debians" "$libraries"; do
    LD_LIBRARY_PATH=$library "$program" -i 20 || failed=1
    LD_LIBRARY_PATH=$library "$program" -r 1 || failed=1
done
LIBRARIES_A=$debians LIBRARIES_B=$libraries sh "$here/compare_tools.sh" "$utils" "$tools" || failed=1
LIBRARIES_A=$libraries LIBRARIES_B=$libraries sh "$here/compare_tools.sh" "$utils" "$tools" || failed=1
LD_LIBRARY_PATH=$debians "$probe" >"$XENSTORED_RUNDIR/debian"
LD_LIBRARY_PATH=$libraries "$probe" >"$XENSTORED_RUNDIR/ours"
[ -s "$XENSTORED_RUNDIR/debian" ] || failed=1
diff "$XENSTORED_RUNDIR/debian" "$XENSTORED_RUNDIR/ours" || failed=1
exit $failed
