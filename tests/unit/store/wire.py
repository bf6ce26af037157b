# SPDX-License-Identifier: MIT
"""A client of the store's wire protocol, and a daemon to talk to, for tests in Python."""

import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

header_path = os.path.join(os.path.dirname(__file__), "../../../include/xen/io/xs_wire.h")


def message_types():
    text = re.sub(r"/\*.*?\*/", "", open(header_path).read(), flags=re.S)
    body = re.search(r"enum xsd_sockmsg_type\s*\{(.*?)\}", text, re.S).group(1)
    types, value = {}, 0
    for line in body.split(","):
        line = re.sub(r"#.*", "", line).strip()
        if not line:
            continue
        name, _, given = (p.strip() for p in line.partition("="))
        if given:
            value = eval(given, {}, types)
        types[name] = value
        value += 1
    return types


globals().update(message_types())


class Client:
    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(120)
        self.sock.connect(path)
        self.events, self.req = [], 0

    def send(self, type_, *args, tx=0, raw=None):
        body = raw if raw is not None else b"".join(a.encode() + b"\0" for a in args)
        self.req += 1
        self.sock.sendall(struct.pack("<IIII", type_, self.req, tx, len(body)) + body)

    def exactly(self, n):
        data = b""
        while len(data) < n:
            more = self.sock.recv(n - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def receive(self):
        type_, req, tx, length = struct.unpack("<IIII", self.exactly(16))
        return type_, req, tx, self.exactly(length)

    def answer(self):
        while True:
            type_, req, tx, body = self.receive()
            if type_ != XS_WATCH_EVENT:
                return type_, req, tx, body
            self.events.append(tuple(body.decode().split("\0")[:2]))

    def ask(self, type_, *args, tx=0, raw=None):
        """The answer's text, without its last nul; errors as their names."""
        self.send(type_, *args, tx=tx, raw=raw)
        answer_type, req, _, body = self.answer()
        assert req == self.req and answer_type in (type_, XS_ERROR), (answer_type, req)
        return body.decode().removesuffix("\0")

    def read(self, path, tx=0):
        return self.ask(XS_READ, path, tx=tx)

    def write(self, path, value, tx=0):
        return self.ask(XS_WRITE, tx=tx, raw=path.encode() + b"\0" + value.encode())

    def event(self):
        if not self.events:
            type_, _, _, body = self.receive()
            assert type_ == XS_WATCH_EVENT
            self.events.append(tuple(body.decode().split("\0")[:2]))
        return self.events.pop(0)

    def no_event(self):
        self.ask(XS_READ, "/")
        assert self.events == [], self.events


class Daemon:
    def __init__(self, program, *options):
        self.program = program
        self.dir = tempfile.mkdtemp(prefix="xenstore-test-")
        self.options = options
        self.start()

    def start(self, *more):
        self.env = dict(os.environ, XENSTORED_RUNDIR=self.dir)
        self.env.pop("XENSTORED_PATH", None)
        self.log = open(os.path.join(self.dir, "log"), "a")
        self.process = subprocess.Popen(
            [self.program, "-D", "-N", "--pid-file", os.path.join(self.dir, "pid"),
             *self.options, *more], env=self.env, stderr=self.log, stdout=self.log)
        for _ in range(6000):
            try:
                self.client().sock.close()
                return
            except OSError:
                assert self.process.poll() is None, open(self.log.name).read()
                time.sleep(0.01)
        raise TimeoutError

    def client(self):
        return Client(os.path.join(self.dir, "socket"))

    def kill(self, sig=signal.SIGKILL):
        self.process.send_signal(sig)
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.kill(signal.SIGTERM)
        status = self.process.returncode
        shutil.rmtree(self.dir)
        return status

    def cpu_seconds(self):
        fields = open(f"/proc/{self.process.pid}/stat").read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self, what):
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith(what + ":"):
                return int(line.split()[1]) * 1024
        return 0

    def logged(self):
        return open(self.log.name).read()
