# SPDX-License-Identifier: MIT
"""Which headers of the hypercall ABI there are, who may read them, and what they declare."""
import os
import re
import subprocess

NEWEST = "-D__XEN_INTERFACE_VERSION__=__XEN_LATEST_INTERFACE_VERSION__"
READERS = {"oldest": [], "tools": ["-D__XEN_TOOLS__"], "newest": [NEWEST]}

# Readers that a header does not serve, by design: it says so with #error.
UNSERVED = {
    "xen/domctl.h": {"oldest", "newest"},
    "xen/sysctl.h": {"oldest", "newest"},
    "xen/dom0_ops.h": {"tools", "newest", "hypervisor"},
}
# Debian puts these four beside Xen's own headers, but they are Linux's (linux-libc-dev).
FOREIGN_PACKAGE = {"xen/evtchn.h", "xen/gntdev.h", "xen/gntalloc.h", "xen/privcmd.h"}


def list_headers(include, below=""):
    """Paths, relative to include, of the headers in its folder `below`."""
    found = []
    for folder, _, files in os.walk(os.path.join(include, below)):
        for name in files:
            path = os.path.relpath(os.path.join(folder, name), include)
            if name.endswith(".h") and path not in FOREIGN_PACKAGE:
                found.append(path)
    return sorted(found)


TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|[A-Za-z_]\w*|\d[\w.]*|'
                   r'<<|>>|<=|>=|==|!=|&&|\|\||->|\S')


class Facts:
    """What one header declares, in names: types with their members, enumerators, macros."""

    def __init__(self):
        self.members = {}     # "struct tag" or a typedef's name -> {member path: (type, bits)}
        self.typedefs = {}    # name -> type text, for those that are not aggregates
        self.enumerators = []
        self.macros = {}      # name -> number of parameters, None for an object
        self.aggregates = []

    def add_tokens(self, tokens):
        for declaration in split_declarations(tokens):
            self.add_declaration(declaration)

    def add_declaration(self, tokens):
        opening = find(tokens, "{")
        if opening is None:
            if tokens[0] == "typedef" and "(" not in tokens:
                name, array, _ = declarator(tokens)
                base = tokens[1:tokens.index(name)]
                self.typedefs[name] = " ".join(base) + array
            return
        if tokens[opening - 1] == ")" and "__attribute__" not in tokens[:opening]:
            return  # a function
        head, body, tail = cut_body(tokens, opening)
        keyword = next((t for t in head if t in ("struct", "union", "enum")), None)
        if keyword == "enum":
            self.add_enum(body)
        elif keyword:
            name = tag_of(head) or (tail[-1] if head[0] == "typedef" and tail else None)
            if name:
                full = f"{keyword} {name}" if tag_of(head) else name
                self.members[full] = dict(self.walk(body, ""))

    def add_enum(self, body):
        expecting = True
        depth = 0
        for token in body:
            depth += (token == "(") - (token == ")")
            if token == "," and depth == 0:
                expecting = True
            elif expecting:
                self.enumerators.append(token)
                expecting = False

    def walk(self, body, prefix):
        """Yields (path, (type, bits)) of each member; anonymous aggregates are entered."""
        for tokens in split_declarations(body):
            opening = find(tokens, "{")
            if opening is None:
                yield from self.plain_members(tokens, prefix)
                continue
            head, inner, tail = cut_body(tokens, opening)
            keyword = next(t for t in head if t in ("struct", "union", "enum"))
            if keyword == "enum":
                self.add_enum(inner)
                continue
            if tag_of(head):
                self.members[f"{keyword} {tag_of(head)}"] = dict(self.walk(inner, ""))
            tail = without_attributes(tail)
            if tail:
                name, array, _ = declarator(tail)
                yield prefix + name, (keyword + array, None)
                yield from self.walk(inner, prefix + name + ("[0]" if array else "") + ".")
            else:
                yield from self.walk(inner, prefix)

    @staticmethod
    def plain_members(tokens, prefix):
        tokens = without_attributes(tokens)
        parts = split_commas(tokens)
        name, array, bits = declarator(parts[0])
        base = parts[0][:parts[0].index(name)] if name else []
        while base and base[-1] == "*":
            base.pop()
        for part in parts:
            name, array, bits = declarator(part)
            if name:
                stars = "*" * part.count("*")
                yield prefix + name, (" ".join(base) + stars + array, bits)


def find(tokens, token):
    return tokens.index(token) if token in tokens else None


def cut_body(tokens, opening):
    depth = 0
    for i in range(opening, len(tokens)):
        depth += (tokens[i] == "{") - (tokens[i] == "}")
        if depth == 0:
            return tokens[:opening], tokens[opening + 1:i], tokens[i + 1:]
    raise ValueError("unbalanced braces: " + " ".join(tokens[:8]))


def tag_of(head):
    head = without_attributes(head)
    return head[-1] if head and head[-1] not in ("struct", "union", "enum") else None


def without_attributes(tokens):
    kept, i = [], 0
    while i < len(tokens):
        if tokens[i] == "__attribute__":
            depth, i = 0, i + 1
            while True:
                depth += (tokens[i] == "(") - (tokens[i] == ")")
                i += 1
                if depth == 0:
                    break
        else:
            kept.append(tokens[i])
            i += 1
    return kept


def split_commas(tokens):
    parts, depth = [[]], 0
    for token in tokens:
        depth += (token in "([") - (token in ")]")
        if token == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def declarator(tokens):
    """(name, array dimensions as text, bit-field width or None)"""
    bits, array = None, ""
    if ":" in tokens:
        at = tokens.index(":")
        tokens, bits = tokens[:at], " ".join(tokens[at + 1:])
    if "[" in tokens:
        at = tokens.index("[")
        tokens, array = tokens[:at], "".join(tokens[at:])
    name = tokens[-1] if tokens and re.match(r"[A-Za-z_]\w*$", tokens[-1]) else None
    return name, array, bits


def split_declarations(tokens):
    """Cuts at each ';' outside braces, and after a function's body."""
    current, depth = [], 0
    for token in tokens:
        if token == ";" and depth == 0:
            if current:
                yield current
            current = []
            continue
        current.append(token)
        depth += (token in "({[") - (token in ")}]")
        if token == "}" and depth == 0:
            opening = current.index("{")
            if current[opening - 1] == ")" and "__attribute__" not in current[:opening]:
                yield current
                current = []
    if current:
        yield current


def preprocess(cc, include, source, flags):
    command = [cc, "-std=gnu11", "-E", "-isystem", include, "-x", "c", "-"]
    run = subprocess.run(command + flags, input=source, capture_output=True, text=True,
                         check=False)
    if run.returncode:
        raise RuntimeError(run.stderr.strip().splitlines()[0])
    return run.stdout


def read_facts(cc, include, header, source, flags):
    """The facts that the file `header` itself states when `source` includes it."""
    facts, text, here = Facts(), [], False
    own = os.path.normpath(os.path.join(include, header))
    for line in preprocess(cc, include, source, flags + ["-dD"]).splitlines():
        marker = re.match(r'# \d+ "([^"]*)"', line)
        if marker:
            here = os.path.normpath(marker.group(1)) == own
            continue
        define = re.match(r"#define (\w+)(\([^)]*\))?\s*(.*)", line)
        undef = re.match(r"#undef (\w+)", line)
        if undef:
            facts.macros.pop(undef.group(1), None)
        elif define and here:
            name, params, body = define.groups()
            if params or body:
                facts.macros[name] = len(params.split(",")) if params else None
        elif here and not line.startswith("#"):
            text.append(line)
    facts.add_tokens(TOKEN.findall("\n".join(text)))
    return facts
