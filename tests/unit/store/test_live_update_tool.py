#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""xenstore-control live-update, against a store of ours that answers as told.

test_live_update_tool.py XENSTORE_CONTROL: what is asked, in which order, and what the user is told;
as Debian's command does it.
"""
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading

READ, CONTROL, ERROR = 2, 0, 16


def serve(listener, answers, asked):
    """One client: a read finds nothing; control commands get the answers in turn."""
    answers = list(answers)
    conn, _ = listener.accept()
    with conn:
        while len(header := conn.recv(16, socket.MSG_WAITALL)) == 16:
            kind, req, tx, length = struct.unpack("<4I", header)
            body = conn.recv(length, socket.MSG_WAITALL)
            if kind == READ:
                answer, kind = "ENOENT", ERROR
            else:
                asked.append(body.decode().rstrip("\0").split("\0"))
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                kind = ERROR if answer.startswith("E") else kind
            answer = answer.encode() + b"\0"
            conn.sendall(struct.pack("<4I", kind, req, tx, len(answer)) + answer)


def run(tool, answers, *args):
    """(status, stderr, what was asked)"""
    asked = []
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(folder + "/socket")
        listener.listen(1)
        thread = threading.Thread(target=serve, args=(listener, answers, asked), daemon=True)
        thread.start()
        env = dict(os.environ, XENSTORED_RUNDIR=folder)
        env.pop("XENSTORED_PATH", None)
        done = subprocess.run([tool, "live-update", *args], env=env, stderr=subprocess.PIPE,
                              text=True, timeout=120, check=False)
        if done.returncode != 2:
            thread.join(120)
    return done.returncode, done.stderr, asked


def main(tool):
    start = ["live-update", "-s", "-t", "60"]
    binary = ["live-update", "-f", "/bin/new"]
    abort = ["live-update", "-a"]
    cases = [
        ("plain", ["OK"], ["/bin/new"], 0, "", [binary, start]),
        ("all options", ["OK"], ["-t", "7", "-F", "-c", "-N -x", "/bin/new"], 0, "",
         [binary, ["live-update", "-c", "-N -x"], ["live-update", "-s", "-t", "7", "-F"]]),
        ("busy, then not", ["OK", "BUSY", "OK"], ["/bin/new"], 0, "", [binary, start, start]),
        ("busy to the end", ["OK", "BUSY"], ["-t", "1", "/bin/new"], 3,
         "Starting live update failed:\nBUSY\n", [binary, ["live-update", "-s", "-t", "1"], abort]),
        ("refused", ["OK", "no such thing"], ["/bin/new"], 3,
         "Starting live update failed:\nno such thing\n", [binary, start, abort]),
        ("error", ["OK", "EBUSY"], ["/bin/new"], 3,
         "Starting live update failed:\nDevice or resource busy\n", [binary, start, abort]),
        ("bad binary", ["EINVAL"], ["/bin/new"], 3,
         "Setting update binary failed:\nInvalid argument\n", [binary]),
        ("bad command line", ["OK", "EINVAL", "OK"], ["-c", "x", "/bin/new"], 3,
         "Setting update binary failed:\nInvalid argument\n",
         [binary, ["live-update", "-c", "x"], abort]),
        ("no binary", ["OK"], [], 2, "Missing binary specification\n", []),
        ("no timeout", ["OK"], ["-t"], 2, "Missing timeout value\n", []),
        ("no command line", ["OK"], ["-c"], 2, "Missing command line value\n", []),
    ]
    failed = 0
    for name, answers, args, *wanted in cases:
        got = list(run(tool, answers, *args))
        if got != wanted:
            print(f"{name}: wanted {wanted}, got {got}")
            failed += 1
    return 1 if failed else 0


sys.exit(main(sys.argv[1]))
