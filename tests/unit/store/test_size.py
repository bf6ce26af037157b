#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A tree of 120,000 nodes: what it costs, and how long walking, live update and removal take.

    test_size.py XENSTORED XENSTORE-LS [SECONDS]

Walking is done by a client that knows the protocol alone, and by xenstore-ls.  Each must take less than SECONDS, if these are given: 1 on a machine of one's own.
"""

import os
import subprocess
import sys
import time

from wire import *

program, ls = sys.argv[1:3]
limit = float(sys.argv[3]) if len(sys.argv) > 3 else float("inf")
BYTES_A_NODE = 200


def fill(client):
    """300 directories of 400; returns the number of nodes and the bytes of names and values."""
    nodes = text = 0
    for i in range(300):
        for j in range(400):
            name, value = f"node{j}", f"value {i * j}"
            client.send(XS_WRITE, raw=f"/size/{i}/{name}\0{value}".encode())
            nodes += 1
            text += len(name) + len(value)
            if j % 100 == 99:
                for _ in range(100):
                    assert client.answer()[3] == b"OK\0"
    return nodes, text


def timed(what, action):
    pid, cpu, started = d.process.pid, d.cpu_seconds(), time.monotonic()
    result = action()
    took = time.monotonic() - started
    cpu = d.cpu_seconds() - (cpu if d.process.pid == pid else 0)
    print(f"{what}: {took:.3f} s, of it {cpu:.2f} s the daemon's CPU time", flush=True)
    assert took < limit, what
    return result


def memory(d):
    """The daemon's own, and what of its journal's file it has mapped."""
    return d.memory("RssAnon") + d.memory("RssShmem")


def comes_to_rest(d):
    """It uses no time for a second, once what was removed has been freed."""
    for _ in range(30):
        cpu = d.cpu_seconds()
        time.sleep(1)
        if d.cpu_seconds() == cpu:
            return True
    return False


def ask_many(client, type_, paths):
    """The answers to a request on each path, asked for without waiting."""
    bodies = []
    for at in range(0, len(paths), 50):
        some = paths[at:at + 50]
        client.sock.sendall(b"".join(struct.pack("<IIII", type_, 0, 0, len(p) + 1) + p + b"\0"
                                     for p in some))
        got = b""
        for _ in some:
            while len(got) < 16 or len(got) < 16 + struct.unpack_from("<I", got, 12)[0]:
                got += client.sock.recv(1 << 20)
            end = 16 + struct.unpack_from("<I", got, 12)[0]
            assert got[0] == type_
            bodies.append(got[16:end])
            got = got[end:]
    return bodies


def walk(client):
    """Every node's children and value, level by level."""
    level, nodes = [b"/size"], 0
    while level:
        lists = ask_many(client, XS_DIRECTORY, level)
        ask_many(client, XS_READ, level)
        nodes += len(level)
        level = [path + b"/" + name for path, names in zip(level, lists)
                 for name in names.split(b"\0") if name]
    assert nodes == 120301, nodes


def list_tree(*options):
    env = dict(os.environ, XENSTORED_PATH=os.path.join(d.dir, "socket"))
    listed = subprocess.run([ls, *options, "/size"], env=env, stdout=subprocess.PIPE, check=True)
    assert listed.stdout.count(b"\n") == 120300


def update(client):
    client.ask(XS_CONTROL, "live-update", "-f", program)
    assert client.ask(XS_CONTROL, "live-update", "-s") == "OK"


def restart(d):
    d.kill()
    d.start()
    assert d.client().read("/size/7/node7") == "value 49"


d = Daemon(program)
try:
    client = d.client()
    client.read("/")
    before = memory(d)
    nodes, text = fill(client)
    beyond = (memory(d) - before - text) / nodes
    journal = os.stat(os.path.join(d.dir, "journal")).st_blocks * 512
    print(f"{nodes} nodes: {beyond:.0f} bytes each beyond names and values"
          f" ({journal / nodes:.0f} bytes each in the journal)", flush=True)
    assert beyond <= BYTES_A_NODE
    timed("walk", lambda: walk(client))
    timed("xenstore-ls -f", lambda: list_tree("-f"))
    timed("xenstore-ls -f -p", lambda: list_tree("-f", "-p"))
    timed("live update", lambda: update(client))
    timed("restart after a kill", lambda: restart(d))
    client = d.client()
    assert timed("removal", lambda: client.ask(XS_RM, "/size")) == "OK"
    assert client.ask(XS_CONTROL, "check") == "OK"
    client.ask(XS_WATCH, "/idle", "t")
    assert comes_to_rest(d), "not idle"
except BaseException:
    print(d.logged())
    raise
finally:
    d.stop()
