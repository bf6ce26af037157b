#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The comparison must pass equal headers and must notice each kind of change.

Takes our headers as the reference and a copy of them, changed in one place, as "ours": needs
nothing installed.
"""
import argparse
import os
import shutil
import sys
import tempfile

from compare import compare

# header, text, its replacement, what a complaint must name
CHANGES = [
    ("xen/sched.h", "#define SCHEDOP_block ", "#define SCHEDOP_block 1 + ", "SCHEDOP_block"),
    ("xen/xen.h", "xen_mk_uint(0x7FF1)", "xen_mk_ulong(0x7FF1)", "DOMID_IO"),
    ("xen/domctl.h", "PT_IRQ_TYPE_MSI,", "PT_IRQ_TYPE_MSI = 7,", "PT_IRQ_TYPE_MSI"),
    ("xen/errno.h", "XEN_ERRNO(ENOENT, 2)", "XEN_ERRNO(ENOENT, 3)", "XEN_ENOENT"),
    ("xen/vcpu.h", "uint64_t time[4];", "uint64_t time[3];", "vcpu_runstate_info"),
    ("xen/event_channel.h", "uint32_t virq;\n    uint32_t vcpu;",
     "uint32_t vcpu;\n    uint32_t virq;", "evtchn_bind_virq"),
    ("xen/grant_table.h", "int16_t status;", "uint16_t status;", "status"),
    ("xen/arch-x86/hvm/save.h", "pending_type : 3;", "pending_type : 4;", "pending_type"),
    ("xen/hvm/hvm_xs_strings.h", '"hvmloader/bios"', '"hvmloader/bio"', "HVM_XS_BIOS"),
    ("xen/io/xs_wire.h", "    uint32_t len;", "", "len"),
    ("xen/version.h", "typedef char xen_changeset_info_t[64];",
     "typedef char xen_changeset_info_t[63];", "xen_changeset_info_t"),
    ("xen/xen.h", "#define uint64_aligned_t uint64_t", "#define uint64_aligned_t int64_t",
     "uint64_aligned_t"),
    ("xen/memory.h", "#define XENMEMF_node(x)", "#define XENMEMF_node(x, y)", "XENMEMF_node"),
    ("xen/nmi.h", "#define XENNMI_unregister_callback", "#define XENNMI_forget_callback",
     "XENNMI_unregister_callback"),
]


def changed_copy(ours, header, old, new, folder):
    shutil.copytree(os.path.join(ours, "xen"), os.path.join(folder, "xen"))
    path = os.path.join(folder, header)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if old not in text:
        return False
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(old, new, 1))
    return True


def check(args, header, old, new, named):
    """None, or why this change was not noticed as it must be."""
    with tempfile.TemporaryDirectory() as folder:
        if not changed_copy(args.ours, header, old, new, folder):
            return f"{header}: no longer contains {old!r}: update this test"
        problems, _, _ = compare(args.cc, "tools", args.ours, folder, only={header})
    if not any(named in p for p in problems):
        return f"{header}: {old!r} -> {new!r} went unnoticed; complaints: {problems}"
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cc", default="gcc")
    parser.add_argument("--ours", required=True)
    args = parser.parse_args()
    touched = {c[0] for c in CHANGES}
    problems, facts, _ = compare(args.cc, "tools", args.ours, args.ours, only=touched)
    failures = [f"equal headers: {p}" for p in problems]
    failures += [f for f in (check(args, *c) for c in CHANGES) if f]
    print("\n".join(failures))
    print(f"{len(CHANGES)} changes tried, {facts} facts in equal headers, {len(failures)} failed")
    return 1 if failures or not facts else 0


if __name__ == "__main__":
    sys.exit(main())
