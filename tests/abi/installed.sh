#!/bin/sh
# SPDX-License-Identifier: MIT
# What is installed is enough: the smallest manager compiles, links and runs with nothing but the
# installed tree and its pkg-config files.
#   installed.sh CMAKE BUILD SOURCE CC [CFLAGS...]
set -u
cmake=$1 build=$2 source=$3 cc=$4
shift 4
command -v pkg-config >/dev/null || { echo "no pkg-config"; exit 77; }
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
fail() { echo "FAILED: $*"; exit 1; }

DESTDIR=$root "$cmake" --install "$build" >"$root/log" 2>&1 || { cat "$root/log"; fail "install"; }
pc=$(dirname "$(find "$root" -name xenlight.pc)")
lib=$(dirname "$pc")
export PKG_CONFIG_LIBDIR=$pc PKG_CONFIG_SYSROOT_DIR=$root LD_LIBRARY_PATH=$lib

for file in "$pc"/*.pc; do
    name=$(basename "$file" .pc)
    pkg-config --print-errors --exists "$name" || fail "$name.pc"
    # Each package's own library is there, under the name that it tells the linker.
    for word in $(pkg-config --libs-only-l "$name"); do
        [ -e "$lib/lib${word#-l}.so" ] || fail "$name.pc: $word is not installed"
    done
done

flags=$(pkg-config --cflags --libs xenlight) || fail "pkg-config xenlight"
# $flags is a list of words.
# shellcheck disable=SC2086
"$cc" -std=c11 -Wall -Wextra -Werror "$@" -o "$root/minimal" "$source/examples/minimal/minimal.c" $flags ||
    fail "compile and link"
ldd "$root/minimal" | grep 'not found' && fail "a library is missing"
ldd "$root/minimal" | grep -q "$lib/libxenlight.so.1 " || fail "not linked to the installed libxenlight.so.1"

# Without Xen below it a manager says why; on a Xen host it lists dom0.
if [ -e /dev/xen/privcmd ]; then
    "$root/minimal" | grep -q '^ *0 ' || fail "domain 0 is not listed"
else
    "$root/minimal" 2>"$root/why" && fail "success without a Xen host"
    grep -q '"operation"' "$root/why" || { cat "$root/why"; fail "no error chain"; }
fi
for file in boot/xen sbin/xenstored sbin/xenconsoled sbin/xen-unpack-kernel bin/xl \
    etc/kernel/postinst.d/xen-unpack-kernel etc/kernel/postrm.d/xen-unpack-kernel; do
    [ -s "$(dirname "$lib")/$file" ] || fail "$file is not installed"
done
