#!/bin/sh
# SPDX-License-Identifier: MIT
# host: --hv ours --tools ours --smp 2 --timeout 1800 --devices --package openvswitch-switch --package openvswitch-common --module crc32c_generic --module libcrc32c --module nf_defrag_ipv4 --module nf_defrag_ipv6 --module nf_conntrack --module nf_nat --module nf_conncount --module nsh --module openvswitch --file "$TOP/tests/system/suites/lib.inc:/lib.inc" --file "$TOP/tests/system/suites/devices.inc:/devices.inc" --file "${BUILD:-$TOP/build}/tests/system/probe:/bin/probe"
# Guests' networks on Debian's Open vSwitch.
MIB=${MIB:-4}
. /devices.inc

start_switch() {
    # Before ten seconds of uptime ovs-vswitchd (3.1) counts no CPUs, starts no thread that takes packets, and
    # may never tell the kernel of those it starts later: all packets are lost.
    wait_for 60 up_for 11 || return
    mkdir -p /run/openvswitch /etc/openvswitch /var/log/openvswitch
    ovsdb-tool create /etc/openvswitch/conf.db /usr/share/openvswitch/vswitch.ovsschema &&
        ovsdb-server /etc/openvswitch/conf.db --remote=punix:/run/openvswitch/db.sock --detach --pidfile &&
        ovs-vsctl --no-wait init && /usr/lib/openvswitch-switch/ovs-vswitchd --detach --pidfile --log-file &&
        ovs-vsctl add-br ovs0 && ip address add 10.0.0.1/24 dev ovs0 && ip link set ovs0 up
}
up_for() { [ "$(cut -d. -f1 /proc/uptime)" -ge "$1" ]; }
ports() { ovs-vsctl list-ports ovs0 | sort | tr '\n' ' '; }
has_ports() { [ "$(ports)" = "$1" ] || { ports; return 1; }; }
set_to() { [ "$(ovs-vsctl get port "$1" "$2")" = "$3" ] || { ovs-vsctl list port "$1"; return 1; }; }

# What the switch thinks, when a guest does not answer.
trouble() {
    ovs-appctl dpctl/show -s
    ovs-appctl fdb/show ovs0
    tail -20 /var/log/openvswitch/ovs-vswitchd.log
}

begin
check switch start_switch || end
make_noise
for name in one two; do
    device_guest $name "10.0.0.$([ $name = one ] && echo 2 || echo 3)" "vif = ['bridge=ovs0,script=vif-openvswitch']"
    check $name-create xl create -q /root/$name.cfg
    check $name-up wait_for 180 says $name GUEST-UP
done
one=$(field one 2) two=$(field two 2)
check ports has_ports "vif$one.0 vif$two.0 "
check one-answers wait_for 60 answers 10.0.0.2 || trouble
check two-answers wait_for 60 answers 10.0.0.3
check one-serves serve 10.0.0.2
check two-serves serve 10.0.0.3
check tcp-to-guest to_guest 10.0.0.2
check tcp-from-guest from_guest 10.0.0.2
check tcp-between-guests between_guests 10.0.0.2 10.0.0.3
check attach-tag xl network-attach one bridge=ovs0.7,script=vif-openvswitch
check tag set_to "vif$one.1" tag 7
check detach-tag xl network-detach one 1
check attach-trunks xl network-attach one bridge=ovs0:7:9,script=vif-openvswitch
check trunks set_to "vif$one.1" trunks "[7, 9]"
check detach-trunks xl network-detach one 1
check detached-ports has_ports "vif$one.0 vif$two.0 "
check no-bridge-refused sh -c "! xl network-attach one bridge=none,script=vif-openvswitch 2>/tmp/refused"
check no-bridge-cause grep -q 'none' /tmp/refused || cat /tmp/refused
check no-bridge-ports has_ports "vif$one.0 vif$two.0 "
check one-destroy xl destroy one
check two-destroy xl destroy two
check no-ports has_ports ""
end
