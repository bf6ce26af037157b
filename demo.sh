#!/bin/bash
# SPDX-License-Identifier: MIT
# Build everything, boot the hypervisor in QEMU with Debian's Linux as dom0, and run a guest there.
#
#   ./demo.sh               the whole way: build, boot, create a PV guest, list it, shut it down
#   ./demo.sh --shell       leave you at a prompt in dom0, with our tools (Ctrl-a x ends QEMU)
#   ./demo.sh --type pvh    the guest is a PVH guest, in a hardware container, instead of a PV guest
#   ./demo.sh --disk        the guest boots the Debian on its own disk image and speaks TCP with dom0
#   ./demo.sh --smp N       CPUs of the host (2)
#   ./demo.sh --hv debian   the same on Debian's Xen 4.17
#   ./demo.sh --log FILE    keep all serial output
#   ./demo.sh --help        this
#
# Wants Debian 12, two cores, root or sudo; no KVM.  Installs what it needs from Debian's packages.
set -euo pipefail
cd "$(dirname "$0")"
TOP=$PWD SYSTEM_DIR=$PWD/tests/system
. tests/system/lib/packages.sh
. tests/system/lib/debian.sh

shell= smp=2 hv=ours log= type=pv disk=
while [ $# -gt 0 ]; do
    case $1 in
    --shell) shell=1; shift ;;
    --disk) disk=1; shift ;;
    --type) type=$2; shift 2 ;;
    --smp) smp=$2; shift 2 ;;
    --hv) hv=$2; shift 2 ;;
    --log) log=$2; shift 2 ;;
    -h | --help) sed -n '3,/^set -/p' "$0" | sed 's/^# \{0,1\}//;$d'; exit 0 ;;
    *) echo "demo.sh: unknown option $1 (--help lists them)" >&2; exit 2 ;;
    esac
done

case $type in
pv | pvh) ;;
*) echo "demo.sh: unknown type $type (pv and pvh are known)" >&2; exit 2 ;;
esac

started=$SECONDS
say() { printf '[%3d s] %s\n' $((SECONDS - started)) "$*"; }

say "packages"
install_packages $BUILD_PACKAGES
say "building the hypervisor and the libraries"
[ -f build/build.ninja ] || cmake --preset release >/dev/null
cmake --build build | sed -n '/warning:\|error:\|^FAILED/p;$p'
say "Debian's kernel and busybox"
fetch_packages $DOM0_PACKAGES "$(kernel_package)"
if [ -n "$disk" ]; then
    say "a disk image with Debian"
    make_debian_disks
fi
say "booting the host in QEMU (software emulation, $smp CPUs)"
host_args=(--hv "$hv" --smp "$smp" --dom0-args "demo-type=$type${disk:+ demo-disk}" ${disk:+--debian-disks})
if [ "$type" = pvh ]; then host_args+=(--one-thread); fi # see tests/system/host
if [ -n "$shell" ]; then
    exec tests/system/host "${host_args[@]}" --shell tests/system/scripts/demo.sh
fi
out=$(mktemp)
trap 'rm -f "$out"' EXIT
rc=0
tests/system/host "${host_args[@]}" --timeout 600 --live --log "$out" \
    tests/system/scripts/demo.sh 2>/dev/null |
    while IFS= read -r line; do
        case $line in
        "(XEN)"*) ;;
        STEP*) say "dom0: $(echo "$line" | cut -d' ' -f3-)" ;;
        *) printf '        %s\n' "$line" ;;
        esac
    done || rc=$?
[ -z "$log" ] || cp "$out" "$log"
if [ $rc != 0 ] || ! grep -q '^DEMO-OK' "$out"; then
    say "FAILED (status $rc); the end of the serial output:"
    tail -40 "$out"
    exit 1
fi
say "done: hypervisor and dom0 booted, a ${type^^} guest created, booted${disk:+ from its disk, spoken to by TCP}, listed and shut down, in $((SECONDS - started)) seconds"
