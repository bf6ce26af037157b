#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""qcow2.py RAW QCOW2: write a disk image in QEMU's format, so that tests need no qemu-img."""
import struct
import sys

BITS = 16
CLUSTER = 1 << BITS


def main():
    with open(sys.argv[1], "rb") as f:
        raw = f.read()
    clusters = [raw[i:i + CLUSTER] for i in range(0, len(raw), CLUSTER)]
    assert len(clusters) <= CLUSTER // 8, "one table of the second level is enough for tests"
    # In this order: header, table and block of reference counts, tables of level one and two.
    count_table, count_block, level1, level2, data = 1, 2, 3, 4, 5
    table, used = [], []
    for c in clusters:
        if c.strip(b"\0"):
            table.append((data + len(used)) * CLUSTER | 1 << 63)
            used.append(c.ljust(CLUSTER, b"\0"))
        else:
            table.append(0)
    header = struct.pack(">4sIQIIQIIQQIIQQQQII", b"QFI\xfb", 3, 0, 0, BITS, len(raw), 0, 1,
                         level1 * CLUSTER, count_table * CLUSTER, 1, 0, 0, 0, 0, 0, 4, 104)
    parts = [header,
             struct.pack(">Q", count_block * CLUSTER),
             struct.pack(">H", 1) * (data + len(used)),
             struct.pack(">Q", level2 * CLUSTER | 1 << 63),
             b"".join(struct.pack(">Q", entry) for entry in table)]
    with open(sys.argv[2], "wb") as f:
        for part in parts + used:
            f.write(part.ljust(CLUSTER, b"\0"))


main()
