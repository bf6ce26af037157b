# SPDX-License-Identifier: MIT
# Disks with Debian on them, installed from its packages.  Sourced after packages.sh.

DEBIAN_DISK=$PACKAGE_CACHE/disks/debian.img # one file system, of DEBIAN_DISK_SIZE
DEBIAN_STORAGE=$PACKAGE_CACHE/disks/storage.img # for dom0: a file system with debian.img and debian.qcow2
DEBIAN_DISK_SIZE=400m

# What a disk is made of: another one is made when this changes.
debian_disk_mark() { cat "$SYSTEM_DIR"/lib/{debian.sh,debian-setup,qcow2.py} | sha256sum; }

# make_debian_disks: both files, unless they are there.  Root installs it, since the files are root's.
make_debian_disks() {
    local dir=$PACKAGE_CACHE/disks work rc=0
    [ "$(cat "$dir/mark" 2>/dev/null)" != "$(debian_disk_mark)" ] || return 0
    install_packages mmdebstrap e2fsprogs || return 1
    rm -rf "$dir"
    mkdir -p "$dir"
    work=$(mktemp -d)
    {
        as_root mmdebstrap --quiet --mode=root --variant=minbase \
            --include=sysvinit-core,ifupdown,udhcpc,iproute2,busybox-static \
            --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
            --dpkgopt='path-exclude=/usr/share/locale/*' \
            --customize-hook="$SYSTEM_DIR/lib/debian-setup" bookworm "$work/root" &&
            as_root env PATH="$PATH:/usr/sbin:/sbin" mke2fs -q -t ext4 -L debian -d "$work/root" \
                "$work/debian.img" "$DEBIAN_DISK_SIZE" &&
            as_root chown "$(id -u):$(id -g)" "$work/debian.img" &&
            mkdir "$work/storage" &&
            cp --sparse=always "$work/debian.img" "$work/storage/debian.img" &&
            python3 "$SYSTEM_DIR/lib/qcow2.py" "$work/debian.img" "$work/storage/debian.qcow2" &&
            PATH=$PATH:/usr/sbin:/sbin mke2fs -q -t ext4 -L storage -d "$work/storage" "$dir/storage.img" 1200m &&
            cp --sparse=always "$work/debian.img" "$dir/debian.img"
    } >"$dir/log" 2>&1 || rc=1
    as_root rm -rf "$work"
    if [ $rc != 0 ]; then
        tail -20 "$dir/log" >&2
        echo "cannot make a disk with Debian on it" >&2
        return 1
    fi
    debian_disk_mark >"$dir/mark"
}
