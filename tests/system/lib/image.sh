# SPDX-License-Identifier: MIT
# Making the dom0 and guest images out of Debian's kernel, busybox and a set of tools.  Sourced after
# packages.sh.

DOM0_MODULES="xen-privcmd xen-evtchn xen-gntdev xen-gntalloc xenfs loop llc stp bridge
 xen-blkback xen-netback xen-blkfront xen-netfront tun"
# For disks of its own.
STORAGE_MODULES="virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk
 crct10dif_common crct10dif_generic crc-t10dif crc64 crc64_rocksoft_generic crc64-rocksoft t10-pi
 scsi_common scsi_mod sd_mod libata libahci ahci crc16 crc32c_generic mbcache jbd2 ext4"

# copy_libraries ROOT: bring the shared libraries that ROOT's programs need and do not have.
copy_libraries() {
    local root=$1 lib
    { find "$root" -type f \( -path '*/bin/*' -o -path '*/sbin/*' -o -path '*/libexec/*' \
        -o -name '*.so*' \) -print0 |
        LD_LIBRARY_PATH=$root/usr/local/lib:$root/usr/lib/x86_64-linux-gnu \
            xargs -0 -n64 ldd 2>/dev/null || true; } |
        awk '/=> \//{print $3} /^\t\/lib/{print $1}' | sort -u | { grep -v "^$root" || true; } |
        while read -r lib; do
            mkdir -p "$root/$(dirname "$lib")"
            [ -e "$root/$lib" ] || cp -L "$lib" "$root/$lib"
        done
    # pthread_cancel() loads it by name
    mkdir -p "$root/lib/x86_64-linux-gnu"
    cp -Ln /lib/x86_64-linux-gnu/libgcc_s.so.1 "$root/lib/x86_64-linux-gnu/"
    ldconfig -r "$root" 2>/dev/null || true
}

busybox_root() {
    local root=$1 busybox=$PACKAGE_CACHE/pkg/busybox-static/bin/busybox applet
    mkdir -p "$root/bin"
    cp "$busybox" "$root/bin/busybox"
    for applet in $("$busybox" --list); do
        [ "$applet" = busybox ] || ln -sf busybox "$root/bin/$applet"
    done
}

pack_initramfs() { # pack_initramfs DIR FILE
    (cd "$1" && find . | LC_ALL=C sort | cpio -o -H newc --quiet --owner 0:0 | gzip -1) >"$2"
}

# make_guest_image FILE: a guest's initramfs, that says GUEST-UP, ticks, and obeys a shutdown.
make_guest_image() {
    local dir
    dir=$(mktemp -d)
    mkdir -p "$dir"/{bin,proc,sys,dev,sbin,tmp}
    busybox_root "$dir"
    cp "$SYSTEM_DIR/lib/guest-init" "$dir/init"
    chmod +x "$dir/init"
    # orderly_poweroff() and ctrl-alt-del run these
    ln -sf /bin/busybox "$dir/sbin/poweroff"
    ln -sf /bin/busybox "$dir/sbin/reboot"
    pack_initramfs "$dir" "$1"
    rm -rf "$dir"
}

# What a guest needs for disks and networks, in the order of loading.
GUEST_MODULES="xen-blkfront xen-netfront crc16 crc32c_generic mbcache jbd2 ext4"
# What a test loads itself: /modules has it on the disk, too.
GUEST_MORE_MODULES="netfs fscache 9pnet 9p 9pnet_xen"

# make_device_images DIR: DIR/devices.img, the guests' image with these modules, and DIR/disk.img, a
# file system of 32 MiB to boot from.
make_device_images() {
    local dir modules m
    modules=$PACKAGE_CACHE/pkg/$(kernel_package)/lib/modules
    dir=$(mktemp -d)
    mkdir -p "$dir"/{bin,proc,sys,dev,sbin,tmp,newroot}
    busybox_root "$dir"
    cp "$SYSTEM_DIR/lib/guest-init" "$dir/sbin/init"
    chmod +x "$dir/sbin/init"
    ln -sf /bin/busybox "$dir/sbin/poweroff"
    ln -sf /bin/busybox "$dir/sbin/reboot"
    mkdir "$dir/modules"
    for m in $GUEST_MORE_MODULES; do find "$modules" -name "$m.ko" -exec cp {} "$dir/modules/" \;; done
    rm -f "$1/disk.img"
    PATH=$PATH:/usr/sbin:/sbin mke2fs -q -t ext4 -L root -d "$dir" "$1/disk.img" 32m
    mv "$dir/sbin/init" "$dir/init"
    for m in $GUEST_MODULES; do
        find "$modules" -name "$m.ko" -exec cp {} "$dir/modules/" \;
        echo "$m"
    done >"$dir/modules/list"
    pack_initramfs "$dir" "$1/devices.img"
    rm -rf "$dir"
}

# make_dom0_image TOOLS INSTALL_ROOT SCRIPT FILE [SRC:DST...]: TOOLS is ours, debian or both; INSTALL_ROOT
# holds our installed tree (below usr/local).  With $devices, images for guests with disks are there too;
# with $debian_disks, the drivers of dom0's own; and the host's ${packages[@]} and ${modules[@]}.
make_dom0_image() {
    local tools=$1 install=$2 script=$3 file=$4 load=$DOM0_MODULES root kpkg kver m p f
    shift 4
    kpkg=$PACKAGE_CACHE/pkg/$(kernel_package)
    kver=$(basename "$kpkg"/boot/vmlinuz-* | sed 's/^vmlinuz-//')
    root=$(mktemp -d)
    mkdir -p "$root"/{bin,sbin,usr/bin,usr/sbin,lib/x86_64-linux-gnu,usr/lib/x86_64-linux-gnu,lib64,etc,proc,sys,dev,run,tmp,boot,root,var/lib/xen,var/lib/xenstored,var/log/xen}
    ln -s /run "$root/var/run"
    ln -s /run/lock "$root/var/lock"
    busybox_root "$root"
    if [ "$tools" != ours ]; then
        for p in $XEN_PACKAGES; do
            case $p in xen-hypervisor-*) ;; *) cp -a "$PACKAGE_CACHE/pkg/$p"/. "$root/" ;; esac
        done
    fi
    [ "$tools" = debian ] || cp -a "$install"/. "$root/"
    for p in "${packages[@]}"; do cp -a "$PACKAGE_CACHE/pkg/$p"/. "$root/"; done
    for f; do
        mkdir -p "$root/$(dirname "${f#*:}")"
        cp -a "${f%%:*}" "$root/${f#*:}"
    done
    rm -rf "$root"/usr/share/{doc,man,locale} "$root"/usr/local/include "$root"/usr/local/boot "$root"/usr/local/lib/pkgconfig
    copy_libraries "$root"
    mkdir -p "$root/lib/modules/$kver"
    [ -z "$debian_disks" ] || load="$load $STORAGE_MODULES"
    load="$load ${modules[*]}"
    for m in $load; do
        find "$kpkg/lib/modules/$kver/kernel" -name "$m.ko" -exec cp {} "$root/lib/modules/$kver/" \;
    done
    cp "$kpkg/boot/vmlinuz-$kver" "$root/boot/vmlinuz"
    make_guest_image "$root/boot/guest.img"
    [ -z "$devices" ] || make_device_images "$root/boot"
    [ -z "$device_model" ] || python3 "$SYSTEM_DIR/lib/qcow2.py" "$root/boot/disk.img" "$root/boot/disk.qcow2"
    cp "$script" "$root/run-script"
    sed "s/@MODULES@/$(echo $load)/" "$SYSTEM_DIR/lib/dom0-init" >"$root/init"
    chmod +x "$root/run-script" "$root/init"
    pack_initramfs "$root" "$file"
    rm -rf "$root"
}
