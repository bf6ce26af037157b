#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Live update of a real daemon: nobody notices.

    test_live_update.py XENSTORED
"""

import os
import shutil
import socket
import sys

import wire
from wire import *

program = sys.argv[1]


def update(client, binary=program, *options, command_line=None):
    assert client.ask(XS_CONTROL, "live-update", "-f", binary) == "OK"
    if command_line is not None:
        assert client.ask(XS_CONTROL, "live-update", "-c", command_line) == "OK"
    return client.ask(XS_CONTROL, "live-update", "-s", *options)


def nodes_watches_and_transactions_live_on(d):
    a, b, admin = d.client(), d.client(), d.client()
    a.write("/lu/node", "value")
    a.ask(XS_WATCH, "/lu", "mine")
    b.ask(XS_WATCH, "/lu", "shallow", "1")
    tx = int(a.ask(XS_TRANSACTION_START, ""))
    a.write("/lu/in/tx", "1", tx=tx)
    reader = int(b.ask(XS_TRANSACTION_START, ""))
    b.read("/lu/node", tx=reader)
    a.event(), b.event()
    for i in range(5):
        assert update(admin, program, "-t", "60") == "OK"
        admin.write("/lu/node", f"round {i}")
        assert a.event() == ("/lu/node", "mine")
        assert b.event() == ("/lu/node", "shallow")
        assert b.read("/lu/node", tx=reader) == "value"
    assert a.ask(XS_TRANSACTION_END, "T", tx=tx) == "OK"
    assert a.event() == ("/lu/in/tx", "mine")
    b.no_event()
    assert b.ask(XS_TRANSACTION_END, "T", tx=reader) == "OK"
    assert admin.read("/lu/in/tx") == "1"
    assert d.client().read("/lu/node") == "round 4"


def half_a_request_is_finished_by_the_next_daemon(d):
    a, admin = d.client(), d.client()
    body = b"/half\0" + b"v" * 100
    a.sock.sendall(struct.pack("<IIII", XS_WRITE, 4711, 0, len(body)) + body[:40])
    admin.read("/")
    assert update(admin) == "OK"
    a.sock.sendall(body[40:])
    assert a.answer()[1] == 4711
    assert admin.read("/half") == "v" * 100


def unread_answers_and_events_come_all_and_once(d):
    a, admin = d.client(), d.client()
    a.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    a.ask(XS_WATCH, "/many", "m")
    a.event()
    admin.write("/big", "x" * 4000)
    for i in range(3000):
        admin.write(f"/many/{i}", "")
    for i in range(60):
        a.send(XS_READ, "/big")
    assert update(admin) == "OK"
    answers, events = 0, []
    while answers < 60 or len(events) < 3000:
        type_, _, _, data = a.receive()
        if type_ == XS_READ:
            assert data == b"x" * 4000
            answers += 1
        else:
            events.append(data.decode().split("\0")[0])
    assert events == [f"/many/{i}" for i in range(3000)]


def requests_sent_meanwhile_are_served_after(d):
    a, admin = d.client(), d.client()
    for i in range(200):
        a.send(XS_WRITE, raw=f"/flow/{i}\0v".encode())
        if i == 100:
            admin.ask(XS_CONTROL, "live-update", "-f", program)
            admin.send(XS_CONTROL, "live-update", "-s")
    for i in range(200):
        assert a.answer()[3] == b"OK\0"
    assert admin.answer()[3] == b"OK\0"
    assert len(admin.ask(XS_DIRECTORY, "/flow").split("\0")) == 200


def settings_live_on_unless_new_ones_are_given(d):
    admin = d.client()
    admin.ask(XS_CONTROL, "quota", "set", "watches", "55")
    assert update(admin) == "OK"
    assert "watches          :       55" in admin.ask(XS_CONTROL, "quota")
    assert update(admin, command_line="-D -N -W 66") == "OK"
    assert "watches          :       66" in admin.ask(XS_CONTROL, "quota")
    admin.ask(XS_CONTROL, "quota", "set", "watches", "128")


def what_cannot_take_over_does_not(d):
    admin = d.client()
    admin.write("/still", "here")
    pid = d.process.pid
    assert admin.ask(XS_CONTROL, "live-update", "-s") == "Not in live-update session."
    assert admin.ask(XS_CONTROL, "live-update", "-f", "/no/such") == "File not accessible."
    assert admin.ask(XS_CONTROL, "live-update", "-f", "/etc") == "File not accessible."
    for binary in "/bin/true", "/bin/false":
        assert "cannot take over" in update(admin, binary)
    assert admin.ask(XS_CONTROL, "live-update", "-s") == "Not in live-update session."
    assert admin.ask(XS_CONTROL, "live-update", "-f", program) == "OK"
    assert admin.ask(XS_CONTROL, "live-update", "-a") == "OK"
    assert admin.ask(XS_CONTROL, "live-update", "-s") == "Not in live-update session."
    assert admin.ask(XS_CONTROL, "live-update", "-x") == "EINVAL"
    assert admin.read("/still") == "here"
    assert d.process.pid == pid and d.process.poll() is None


def a_new_binary_runs(d):
    admin = d.client()
    copy = os.path.join(d.dir, "newer")
    shutil.copy(program, copy)
    assert update(admin, copy) == "OK"
    assert os.readlink(f"/proc/{d.process.pid}/exe") == copy
    assert update(admin, program) == "OK"


def descriptors_do_not_pile_up(d):
    admin = d.client()
    count = lambda: len(os.listdir(f"/proc/{d.process.pid}/fd"))
    update(admin)
    before = count()
    for _ in range(5):
        update(admin)
    assert count() == before


def a_hundred_thousand_nodes_in_a_second(d):
    admin = d.client()
    for i in range(120):
        for j in range(1000):
            admin.send(XS_WRITE, raw=b"/lots/%d/node%d\0value" % (i, j))
            if j % 50 == 49:
                for _ in range(50):
                    assert admin.answer()[3] == b"OK\0"
    started = time.time()
    assert update(admin) == "OK"
    took = time.time() - started
    print(f"  live update with 120,000 nodes: {took:.3f} s")
    assert admin.read("/lots/119/node999") == "value"
    assert admin.ask(XS_CONTROL, "check") == "OK"


d = Daemon(program)
try:
    for test in (nodes_watches_and_transactions_live_on,
                 half_a_request_is_finished_by_the_next_daemon,
                 unread_answers_and_events_come_all_and_once,
                 requests_sent_meanwhile_are_served_after,
                 settings_live_on_unless_new_ones_are_given,
                 what_cannot_take_over_does_not,
                 a_new_binary_runs,
                 descriptors_do_not_pile_up,
                 a_hundred_thousand_nodes_in_a_second):
        print(test.__name__, flush=True)
        test(d)
    assert d.client().ask(XS_CONTROL, "check") == "OK"
except BaseException:
    print(d.logged())
    raise
finally:
    d.kill(signal.SIGTERM) if d.process.poll() is None else None
    shutil.rmtree(d.dir)
