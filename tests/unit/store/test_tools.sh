#!/bin/sh
# SPDX-License-Identifier: MIT
# The xenstore commands as users see them: test_tools.sh XENSTORED DIR_OF_TOOLS
set -eu
daemon=$1
PATH=$2:$PATH
XENSTORED_RUNDIR=$(mktemp -d)
export XENSTORED_RUNDIR PATH
unset XENSTORED_PATH
"$daemon" -D --pid-file "$XENSTORED_RUNDIR/pid"
trap 'kill $(cat "$XENSTORED_RUNDIR/pid"); rm -rf "$XENSTORED_RUNDIR"' EXIT
failed=0

# expect STATUS OUTPUT COMMAND...: stdout and stderr together, without the final newline.
expect() {
    want_status=$1 want=$2
    shift 2
    status=0
    got=$("$@" 2>&1) || status=$?
    if [ "$status" != "$want_status" ] || [ "$got" != "$want" ]; then
        printf '%s\n--- wanted %s:\n%s\n--- got %s:\n%s\n' "$*" "$want_status" "$want" "$status" "$got"
        failed=1
    fi
}

expect 0 '' xenstore-write /t/a 1 /t/b 'two words' /t/c/d 3
expect 0 '1' xenstore-read /t/a
expect 0 '/t/a: 1
/t/b: two words' xenstore-read -p /t/a /t/b
expect 1 "xenstore-read: couldn't read path /t/no" xenstore-read /t/no
expect 0 '' xenstore-write /t/e 'a\x41\n\t\\b\101'
expect 0 'aA\n\t\\bA' xenstore-read /t/e
expect 0 '' xenstore-write -R /t/e 'a\x41'
expect 0 'a\x41' xenstore-read -R /t/e
expect 0 'a
b
c
e' xenstore-list /t
expect 0 '/t/c/d' xenstore-list -p /t/c
expect 1 'xenstore-list: could not list path /t/no' xenstore-list /t/no
expect 0 '' xenstore-exists /t/a
expect 1 '' xenstore-exists /t/a /t/no
expect 0 '' xenstore-chmod /t/c n3 r5 b6
expect 0 'a = "1"
b = "two words"
c = ""
 d = "3"
e = "a\\x41"' xenstore-ls /t
expect 0 'd = "3"  . . . . . . . . . . . . . . . . . . . . . . . . . .  (n0)' xenstore-ls -p /t/c
expect 0 '/t/a = "1"   (n0)
/t/b = "two words"   (n0)
/t/c = ""   (n3,r5,b6)
/t/c/d = "3"   (n0)
/t/e = "a\\x41"   (n0)' xenstore-ls -f -p /t
expect 0 '' xenstore-chmod -r /t/c w7
expect 0 '' xenstore-chmod -u /t/a r8
expect 0 '/t/a = "1"   (r8)
/t/b = "two words"   (n0)
/t/c = ""   (w7)
/t/c/d = "3"   (w7)
/t/e = "a\\x41"   (n0)' xenstore-ls -fp /t
expect 1 "xenstore-chmod: Invalid permission specification: 'x'" xenstore-chmod /t x1
expect 1 'xenstore-ls: xs_directory (/no): No such file or directory' xenstore-ls /no
expect 1 'xenstore-write: Usage: xenstore-write [-h] [-s] [-R] key value [...]' xenstore-write /x
expect 1 'xenstore-rm: could not remove path /no/x' xenstore-rm /t/b /no/x
expect 0 'two words' xenstore-read /t/b
expect 0 '' xenstore-rm /t/b
expect 0 '' xenstore-write /k/l/m '' /k/n 1
expect 0 '' xenstore-rm -t /k/l/m
expect 0 '/k/n = "1"' xenstore-ls -f /k
expect 0 '/t
/k' xenstore-watch -n 2 /t /k
expect 0 'OK' xenstore-control check
expect 0 '1' xenstore read /t/a
expect 2 'Usage:
xenstore-control <command> [<arg>...]' xenstore-control
exit $failed
