# SPDX-License-Identifier: MIT
# What the scripts need from Debian 12, and how it gets here.  Sourced.

# Installed on the machine that builds and tests.
BUILD_PACKAGES="build-essential cmake ninja-build pkg-config python3 zlib1g-dev liblzma-dev
 libzstd-dev liblz4-dev libbz2-dev libjson-c-dev libyajl-dev uuid-dev libdeflate-dev
 libcmocka-dev cpio xz-utils e2fsprogs qemu-system-x86"
TEST_PACKAGES="libxen-dev clang libclang-rt-14-dev clang-format cppcheck doxygen xorriso grub-pc-bin
 grub-common mtools libdebuginfod1 libexpat1 libgmp10 libipt2 libreadline8 libxxhash0
 libbpf1 libcap-ng0 libnuma1 libunbound8 libxdp1" # the libraries: of gdb and Open vSwitch, for dom0s

# Unpacked into a cache and put into the images of hosts, never installed here.
DOM0_PACKAGES="busybox-static"
XEN_PACKAGES="xen-hypervisor-4.17-amd64 xen-utils-4.17 xen-utils-common libxenmisc4.17
 libxencall1 libxenevtchn1 libxenforeignmemory1 libxengnttab1 libxenstore4
 libxentoolcore1 libxentoollog1 libxendevicemodel1 libxenhypfs1 xenstore-utils"

PACKAGE_CACHE=${XEN_SDK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/xen-sdk}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# install_packages PACKAGE...: install those that are missing.
install_packages() {
    local missing=() p
    for p; do
        dpkg-query -W -f '${Status}\n' "$p" 2>/dev/null | grep -q '^install ok installed' || missing+=("$p")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "installing Debian packages: ${missing[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
            "${missing[@]}" >"${TMPDIR:-/tmp}/xen-sdk-apt.log" 2>&1 ||
        { cat "${TMPDIR:-/tmp}/xen-sdk-apt.log" >&2; echo "cannot install: ${missing[*]}" >&2; return 1; }
}

# kernel_package: the name of the package with Debian's current kernel.
kernel_package() {
    local name
    name=$(apt-cache depends linux-image-amd64 2>/dev/null | awk '/Depends:/{print $2; exit}')
    if [ -z "$name" ]; then
        as_root apt-get -qq update
        name=$(apt-cache depends linux-image-amd64 | awk '/Depends:/{print $2; exit}')
    fi
    [ -n "$name" ] || { echo "no linux-image-amd64 known to apt" >&2; return 1; }
    echo "$name"
}

# fetch_packages PACKAGE...: download and unpack each into $PACKAGE_CACHE/pkg/PACKAGE.
fetch_packages() {
    local p updated=
    mkdir -p "$PACKAGE_CACHE/deb" "$PACKAGE_CACHE/pkg"
    for p; do
        [ -d "$PACKAGE_CACHE/pkg/$p" ] && continue
        if ! (cd "$PACKAGE_CACHE/deb" && apt-get -qq download "$p" 2>/dev/null); then
            [ -n "$updated" ] || { as_root apt-get -qq update; updated=1; }
            (cd "$PACKAGE_CACHE/deb" && apt-get -qq download "$p") ||
                { echo "cannot download $p" >&2; return 1; }
        fi
        rm -rf "$PACKAGE_CACHE/pkg/$p.tmp"
        dpkg -x "$PACKAGE_CACHE"/deb/"$p"_*.deb "$PACKAGE_CACHE/pkg/$p.tmp" &&
            mv "$PACKAGE_CACHE/pkg/$p.tmp" "$PACKAGE_CACHE/pkg/$p" || return 1
    done
}
