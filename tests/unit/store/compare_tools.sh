#!/bin/sh
# SPDX-License-Identifier: MIT
# Two sets of xenstore commands do and say the same: compare_tools.sh DIR_A DIR_B, with a daemon that
# $XENSTORED_RUNDIR leads to.  Prints what differs.  Each case runs by both upon the same small tree;
# its output, status and the tree that it leaves are compared.  $LIBRARIES_A and $LIBRARIES_B are where
# each side's libraries are, if that matters; $EVERY=N takes one case in N, where processes are slow.
a=$1 b=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
plain=$PATH
number=0 cases=0 failed=0
long=$(printf 'long%.0s' 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5)

by() { # by DIR COMMAND: through PATH, so that usage texts name no folder
    PATH=$1:$plain
    if [ "$1" = "$a" ]; then libraries=${LIBRARIES_A-}; else libraries=${LIBRARIES_B-}; fi
    [ -z "$libraries" ] || export LD_LIBRARY_PATH="$libraries"
    eval "$2"
    status=$?
    PATH=$plain
    return $status
}

fresh_tree() {
    by "$a" 'xenstore-rm /t
        xenstore-write /t/a 1 /t/b "two words" /t/c/d 3 /t/c/empty "" /t/c/deep/er/still x /u 2 \
            /t/odd "\x01\n\r\t\\\\\x7f\xff\"quoted\"" /t/long "$long" /t/c/long "$long"
        xenstore-chmod /t/c n3 r5 b6 w7
        xenstore-chmod /t/a r1 b2 w3 n4 r5 r6 r7 r8 r9 r10 r11 r12' >/dev/null 2>&1
}

tree() { by "$a" 'xenstore-ls -f -p /t; xenstore-read /u' 2>&1; }

result() { # result DIR COMMAND FILE: leaves the tree as it was
    by "$1" "$2" >"$3" 2>&1 </dev/null
    echo "status $?" >>"$3"
    tree >"$work/left"
    cmp -s "$work/tree" "$work/left" && return
    cat "$work/left" >>"$3"
    fresh_tree
}

same() {
    number=$((number + 1))
    [ $((number % ${EVERY:-1})) = 0 ] || return 0
    cases=$((cases + 1))
    result "$a" "$1" "$work/a"
    result "$b" "$1" "$work/b"
    cmp -s "$work/a" "$work/b" && return
    failed=$((failed + 1))
    echo "differs: $1"
    diff "$work/a" "$work/b" | head -${LINES_SHOWN:-8}
}

fresh_tree
tree >"$work/tree"
while read -r line; do
    case $line in '' | \#*) ;; *) same "$line" ;; esac
done <<'CASES'
xenstore-ls /t
xenstore-ls -f /t
xenstore-ls -p /t
xenstore-ls -f -p /t
xenstore-ls -fp /t
xenstore-ls -s /t
xenstore-ls -F /t
xenstore-ls -R /t
xenstore-ls -h
xenstore-ls /t /u
xenstore-ls -f /t/c /u
xenstore-ls /t/
xenstore-ls t
xenstore-ls /none
xenstore-ls //
xenstore-ls ''
xenstore-ls /t/a
xenstore-ls -p /t/c/d
xenstore-ls --help
xenstore-ls -f -- /t
# the whole tree, but for what other programs keep in it
xenstore-ls -f | grep '^/[tu]'
xenstore-ls | grep -A5 '^t = '
xenstore-list /t
xenstore-list -p /t
xenstore-list -s -p /t /t/c
xenstore-list /t /none
xenstore-list /none /t
xenstore-list /
xenstore-list
xenstore-list -f /t
xenstore-list /t/a
xenstore-read /t/a
xenstore-read -p /t/a
xenstore-read -p /t/a /t/b /t/odd
xenstore-read -R /t/odd
xenstore-read -R -p /t/odd /t/a
xenstore-read -s /t/odd
xenstore-read /t/none
xenstore-read /t/a /t/none /t/b
xenstore-read /t/c/empty
xenstore-read
xenstore-read -h
xenstore-read -x /t/a
xenstore-read /t//a
xenstore-write /t/new/one 1
xenstore-write /t/new/one 1 /t/new/two 2
xenstore-write /t/new 1 /t/other
xenstore-write /t/new
xenstore-write
xenstore-write /t/esc 'a\x41\n\t\r\\b'
xenstore-write /t/esc '\101\7\08\x4\xg\q\\\'
xenstore-write /t/esc 'end\'
xenstore-write /t/esc '\x00\000'
xenstore-write /t/esc '\xfF\377\400'
xenstore-write -R /t/raw 'a\x41\n'
xenstore-write -s /t/b ''
xenstore-write -p /t/b x
xenstore-write /t/ok 1 '/t/no good' 2
xenstore-write /t/ok 1 /t/b// 2
xenstore-write / x
xenstore-rm /t/a
xenstore-rm /t/a /t/b
xenstore-rm /t/none
xenstore-rm /t/a /t/none/x /t/b
xenstore-rm -t /t/c/deep/er/still
xenstore-rm -t /t/c/empty
xenstore-rm -t /t/c/none
xenstore-rm -s /t/c
xenstore-rm /
xenstore-rm
xenstore-rm -p /t
xenstore-exists /t/a
xenstore-exists -s /t/a /t/b
xenstore-exists /t/none
xenstore-exists /t/a /t/none
xenstore-exists -p /t/a
xenstore-exists
xenstore-exists //
xenstore-chmod /t/b r1
xenstore-chmod /t/b n0 r1 w2 b3 n4
xenstore-chmod -r /t r5
xenstore-chmod -u /t/c/deep/er/still b4
xenstore-chmod -u -r /t/c/deep w9
xenstore-chmod -s /t/b r1
xenstore-chmod /t/none r1
xenstore-chmod -r /t/none r1
xenstore-chmod -u /t/none r1
xenstore-chmod /t/b
xenstore-chmod /t/b x1
xenstore-chmod /t/b 1
xenstore-chmod /t/b r
xenstore-chmod /t/b rx
xenstore-chmod /t/b r1x
xenstore-chmod /t/b r1 ''
xenstore-chmod -p /t/b r1
xenstore-chmod
timeout 60 xenstore-watch -n 1 /t/a
timeout 60 xenstore-watch -n 2 /t/a /t/none
timeout 60 xenstore-watch -n 1 @releaseDomain
timeout 60 xenstore-watch -n 0 /t
timeout 60 xenstore-watch -n
timeout 60 xenstore-watch
timeout 60 xenstore-watch -n 1 //
timeout 60 xenstore-watch -n 1 -h /t
timeout 60 xenstore-watch -n 1 t/relative
timeout 60 xenstore-watch -n 1 /t/a /t/a
xenstore read /t/a
xenstore ls -f /t
xenstore ls -h
xenstore write /t/x 1 /t/y
xenstore rm -t /t/c/empty
xenstore none
xenstore
xenstore -h
xenstore chmod /t/b z
XENSTORED_RUNDIR=/nowhere xenstore-read /t/a
XENSTORED_PATH=/nowhere/socket xenstore-ls
XENSTORED_RUNDIR=/nowhere timeout 60 xenstore-watch -n 1 /t
CASES

# Values and permissions against the width of a terminal, where script(1) can make one.
if script -qec true /dev/null >/dev/null 2>&1; then
    for columns in 20 40 60 72 80 100 200; do
        for options in '' -p -f '-f -p'; do
            same "script -qec 'stty cols $columns; xenstore-ls $options /t' /dev/null"
        done
    done
fi
echo "$cases cases, $failed differ"
[ $failed = 0 ]
