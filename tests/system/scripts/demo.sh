#!/bin/sh
# SPDX-License-Identifier: MIT
# The main job, inside dom0: create a guest, see it boot, list it, shut it down.
uptime_s() { cut -d' ' -f1 /proc/uptime; }
step() { echo "STEP $(uptime_s) $*"; }
fail() { echo "DEMO-FAILED: $*"; exit 1; }
type=$(sed -n 's/.*demo-type=\([a-z]*\).*/\1/p' /proc/cmdline)

step "starting xenstored, the store"
xenstored --pid-file /run/xenstored.pid || fail "xenstored"
xen-init-dom0 || fail "xen-init-dom0"
step "starting xenconsoled, the console daemon"
xenconsoled --pid-file=/run/xenconsoled.pid || fail "xenconsoled"
cat >/root/guest.cfg <<CFG
name    = "demo"
type    = "${type:-pv}"
kernel  = "/boot/vmlinuz"
ramdisk = "/boot/guest.img"
extra   = "console=hvc0"
memory  = 192
vcpus   = 2
CFG
disk=$(grep -o demo-disk /proc/cmdline)
up='^tick 2'
if [ -n "$disk" ]; then
    step "a bridge with a DHCP server, and Debian's disk for the guest"
    brctl addbr xenbr0 && ip address add 10.0.0.1/24 dev xenbr0 && ip link set xenbr0 up || fail "bridge"
    printf 'start 10.0.0.2\nend 10.0.0.2\ninterface xenbr0\noption subnet 255.255.255.0\nlease_file /run/leases\n' >/etc/udhcpd.conf
    touch /run/leases
    udhcpd /etc/udhcpd.conf || fail "udhcpd"
    mkdir /store && mount -t ext4 /dev/vda /store || fail "the host's disk"
    sed -i 's/guest.img/devices.img/; s/console=hvc0/& root=\/dev\/xvda/' /root/guest.cfg
    echo 'disk    = ["/store/debian.img,raw,xvda,w"]' >>/root/guest.cfg
    echo 'vif     = ["bridge=xenbr0,mac=stable"]' >>/root/guest.cfg
    up='^GUEST-UP'
fi
grep -q dom0-shell /proc/cmdline && { step "guest.cfg is in /root: try 'xl create -c guest.cfg'"; exit 0; }

step "xl info"
xl info | grep -E '^(host|release|nr_cpus|total_memory|free_memory|xen_version|xen_caps)' || fail "xl info"
step "xl create guest.cfg"
xl create -q /root/guest.cfg || fail "xl create"
step "the guest's own messages:"
: >/tmp/console # before anybody looks
xl console demo </dev/null >/tmp/console 2>&1 &
console=$!
tail -f /tmp/console | sed 's/^/    | /' &
tail=$!
n=0
until grep -q "$up" /tmp/console; do
    n=$((n + 1))
    [ $n -lt 300 ] || fail "the guest did not come up"
    xl list demo >/dev/null 2>&1 || fail "the guest is gone"
    sleep 1
done
grep -q "GUEST-UP.*xen $(echo "${type:-pv}" | tr a-z A-Z)\b" /tmp/console || fail "not a guest of that type"
if [ -n "$disk" ]; then
    step "xl block-list, xl network-list"
    xl block-list demo && xl network-list demo || fail "lists"
    step "the guest's file system, seen by TCP"
    echo "echo kept >/kept; sync; cat /etc/os-release; mount | grep xvda; ip address show eth0; exit" | timeout 20 nc 10.0.0.2 23 | tee /tmp/guest
    grep -q "xvda on / type ext4 (rw" /tmp/guest || fail "the guest's root is not its disk"
fi
step "xl list"
xl list || fail "xl list"
step "xl shutdown -w demo"
xl shutdown -w demo >/tmp/shutdown 2>&1 || fail "xl shutdown"
cat /tmp/shutdown
grep -q 'reason code 0$' /tmp/shutdown || fail "the guest has not powered itself off"
kill $console $tail 2>/dev/null
xl list demo >/dev/null 2>&1 && xl destroy demo
step "xl list"
xl list || fail "xl list"
[ "$(xl list | wc -l)" = 2 ] || fail "a domain is left"
step "done"
echo DEMO-OK
