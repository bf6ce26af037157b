#!/bin/sh
# SPDX-License-Identifier: MIT
# host: --hv ours --tools ours --timeout 1800 --file "$TOP/tests/system/suites/lib.inc:/lib.inc"
# The store daemon is updated, then killed, under running guests and dom0's kernel.
. /lib.inc

daemon=$(command -v xenstored)
kernel_read() { XENSTORED_PATH=/dev/xen/xenbus timeout 60 xenstore-read "$1"; }
kernel_has_store() { [ "$(kernel_read /local/domain/0/name)" = Domain-0 ]; }
tree() { xenstore-ls -f >"$1"; }
same_tree() { diff /tmp/before /tmp/after; }

begin
check kernel-ring kernel_has_store
config up
check create xl create -q /root/up.cfg
wait_for 180 says up GUEST-UP || fail up "$(lines "$(guest_log up | tail -5)")"
note live update
wait_for 60 at_rest
xenstore-watch -n 3 /watched >/tmp/watched 2>&1 &
wait_for 60 grep -q /watched /tmp/watched
pid=$(cat /run/xenstored.pid)
tree /tmp/before
for i in 1 2 3; do check live-update-$i xenstore-control live-update "$daemon"; done
tree /tmp/after
check update-keeps-process kill -0 "$pid"
check update-keeps-tree same_tree
xenstore-write /watched/a 1
check update-keeps-watch wait_for 60 grep -q /watched/a /tmp/watched
check update-keeps-kernel-ring kernel_has_store
check update-list sh -c "xl list | grep -q '^up '"
# The guest's kernel has a watch on its ring.
check update-keeps-guest-ring timeout 120 xl shutdown -w up
xenstore-rm /watched

config kill
check create-another xl create -q /root/kill.cfg
wait_for 180 says kill GUEST-UP || fail another-up "$(lines "$(guest_log kill | tail -5)")"
note kill
wait_for 60 gone up # whose monitor removes it
wait_for 60 at_rest
tree /tmp/before
kill -9 "$(cat /run/xenstored.pid)"
wait_for 60 sh -c "! kill -0 $(cat /run/xenstored.pid)"
check restart start_store
tree /tmp/after
check restart-keeps-tree same_tree
check restart-keeps-kernel-ring kernel_has_store
check restart-list sh -c "xl list | grep -q '^kill '"
check restart-keeps-guest-ring timeout 120 xl shutdown -w kill
# Programs on the socket connect again: these are xl's watcher of the guest and the console daemon.
check restart-keeps-xl-watcher wait_for 60 gone kill
config new
check create-after xl create -q /root/new.cfg
check after-up wait_for 180 says new GUEST-UP
check destroy-after xl destroy new
check counts sh -c "xenstore-control check | grep -q OK"
end
