#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A killed daemon starts again with its tree.

    test_restart.py XENSTORED
"""

import os
import random
import sys

from wire import *

program = sys.argv[1]


def dump(client, path="/", into=None):
    into = {} if into is None else into
    into[path] = (client.read(path), client.ask(XS_GET_PERMS, path))
    offset, names = 0, b""
    while not names.endswith(b"\0\0") and names != b"\0":
        client.send(XS_DIRECTORY_PART, path, str(offset))
        part = client.answer()[3].split(b"\0", 1)[1]
        names += part
        offset += len(part)
    for name in names.decode().split("\0"):
        if name:
            dump(client, path.rstrip("/") + "/" + name, into)
    return into


def work(client, steps):
    """Random changes, in and out of transactions."""
    for _ in range(steps):
        path = "/" + "/".join(random.choice("abcdef") for _ in range(random.randint(1, 4)))
        kind, tx = random.random(), 0
        if random.random() < 0.2:
            tx = int(client.ask(XS_TRANSACTION_START, ""))
            client.write(path + "/tx", str(random.random()), tx=tx)
        if kind < 0.5:
            client.write(path, "v" * random.randint(0, 40), tx=tx)
        elif kind < 0.6:
            client.ask(XS_MKDIR, path, tx=tx)
        elif kind < 0.8:
            client.ask(XS_RM, path, tx=tx)
        else:
            client.ask(XS_SET_PERMS, path, f"n{random.randint(0, 9)}", "r3", tx=tx)
        if tx:
            client.ask(XS_TRANSACTION_END, random.choice("TTF"), tx=tx)


def killed_at_any_time_it_has_all_that_was_answered(d):
    for _ in range(4):
        client = d.client()
        work(client, 400)
        before = dump(client)
        d.kill()
        d.start()
        client = d.client()
        assert dump(client) == before
        assert list(dump(client)) == list(before)
        assert client.ask(XS_CONTROL, "check") == "OK"
    assert "took up the tree" in d.logged()


def an_open_transaction_is_gone(d):
    client = d.client()
    tx = int(client.ask(XS_TRANSACTION_START, ""))
    client.write("/never", "committed", tx=tx)
    d.kill()
    d.start()
    client = d.client()
    assert client.read("/never") == "ENOENT"
    assert client.write("/never", "x", tx=tx) == "ENOENT"


def a_long_journal_begins_anew(d):
    client = d.client()
    for i in range(6000):
        client.send(XS_WRITE, raw=b"/same/node%d\0" % (i % 10) + b"x" * 1000)
        if i % 50 == 49:
            for _ in range(50):
                assert client.answer()[3] == b"OK\0"
    size = os.stat(os.path.join(d.dir, "journal")).st_size
    assert size < 3 * 1024 * 1024, size
    before = dump(client)
    d.kill()
    d.start()
    assert dump(d.client()) == before


def settings_survive(d):
    d.client().ask(XS_CONTROL, "quota", "set", "watches", "55")
    d.kill(signal.SIGTERM)
    d.start()
    assert "watches          :       55" in d.client().ask(XS_CONTROL, "quota")


def it_survives_after_a_live_update_too(d):
    client = d.client()
    client.write("/before", "1")
    client.ask(XS_CONTROL, "live-update", "-f", program)
    assert client.ask(XS_CONTROL, "live-update", "-s") == "OK"
    client.write("/after", "1")
    d.kill()
    d.start()
    client = d.client()
    assert client.read("/before") == "1" and client.read("/after") == "1"


def a_broken_journal_is_told_and_left(d):
    journal = os.path.join(d.dir, "journal")
    d.kill()
    data = bytearray(open(journal, "rb").read())
    data[4096 + 40:4096 + 200] = os.urandom(160)
    open(journal, "wb").write(data)
    d.start()
    assert d.client().read("/before") == "ENOENT"
    assert "cannot take up the tree" in d.logged()


def one_of_another_boot_is_left(d):
    journal = os.path.join(d.dir, "journal")
    d.client().write("/old", "1")
    d.kill()
    data = bytearray(open(journal, "rb").read())
    data[16:24] = b"otherone"
    open(journal, "wb").write(data)
    d.start()
    assert d.client().read("/old") == "ENOENT"


def no_recovery_means_none(d):
    d.client().write("/old", "1")
    d.kill()
    d.start("-R")
    assert d.client().read("/old") == "ENOENT"


random.seed(1)
d = Daemon(program)
try:
    for test in (killed_at_any_time_it_has_all_that_was_answered,
                 an_open_transaction_is_gone,
                 a_long_journal_begins_anew,
                 settings_survive,
                 it_survives_after_a_live_update_too,
                 a_broken_journal_is_told_and_left,
                 one_of_another_boot_is_left,
                 no_recovery_means_none):
        print(test.__name__, flush=True)
        test(d)
    assert d.stop() == 0
except BaseException:
    print(d.logged())
    d.stop()
    raise
