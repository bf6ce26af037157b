#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Generates libxenlight's types from types_idl.py.

usage: gen_c.py [--layout permanent|dropin] OUTPUT_DIRECTORY

Writes _libxl_types.h, _libxl_types_json.h (public) and _libxl_types.c: tables that describe each
type to types.c, which does the work, and the public functions that call it with their table.
"""

import argparse
import os

import idl
from idl import Array, Enum, Inner, Union

NOTE = "/* SPDX-License-Identifier: MIT */\n/* Generated from idl/types_idl.py by idl/gen_c.py. */\n"


def doc(text, indent=""):
    return "%s/** %s. */\n" % (indent, text) if text else ""


def trail(text):
    return " /**< %s */" % text if text else ""


class Header:
    """_libxl_types.h"""

    def __init__(self, layout):
        self.layout = layout

    def enum(self, e):
        out = doc(e.doc) + "typedef enum libxl_%s {\n" % e.name
        for name, value in e.values.items():
            out += "    %s%s = %d,\n" % (e.prefix, name, value)
        out += "} libxl_%s;\n" % e.name
        out += "/** The values' names; the last one's is NULL. */\n"
        out += "extern libxl_enum_string_table libxl_%s_string_table[];\n" % e.name
        out += "/** @return the name of a value as it stands in JSON, NULL for an unknown one. */\n"
        out += "const char *libxl_%s_to_string(libxl_%s p);\n" % (e.name, e.name)
        out += "/** Find a value by name, in any case.  @return 0 or ERROR_FAIL. */\n"
        out += "int libxl_%s_from_string(const char *s, libxl_%s *e);\n" % (e.name, e.name)
        out += "/** @return the value as JSON; the caller frees it.  NULL without memory. */\n"
        out += "char *libxl_%s_to_json(libxl_ctx *ctx, libxl_%s p);\n" % (e.name, e.name)
        out += "/** Parse JSON.  @return 0 or ERROR_FAIL. */\n"
        out += "int libxl_%s_from_json(libxl_ctx *ctx, libxl_%s *p, const char *s);\n\n" % (
            e.name, e.name)
        return out

    def items(self, items, indent):
        out = ""
        for i in self.layout.fields(items):
            if isinstance(i, Array):
                out += "%sint %s;\n" % (indent, i.count)
                out += "%s%s *%s;%s\n" % (indent, idl.c_type(i.type), i.name, trail(i.doc))
            elif isinstance(i, Inner):
                out += "%sstruct {\n%s%s} %s;\n" % (
                    indent, self.body(i, indent + "    "), indent, i.name)
            elif isinstance(i, Union):
                out += self.union(i, indent)
            else:
                c = idl.c_type(i.type)
                gap = "" if c.endswith("*") else " "
                out += "%s%s%s%s;%s\n" % (indent, c, gap, i.name, trail(i.doc))
        return out

    def body(self, thing, indent):
        out = self.items(thing.items, indent)
        words = self.layout.tail(thing)
        if words:
            out += "%suint32_t reserved_[%d]; /**< zero */\n" % (indent, words)
        return out

    def union(self, u, indent):
        deeper = indent + "    "
        out = "%sunion {\n" % indent
        for name, items in u.arms.items():
            if items:
                out += "%sstruct {\n%s%s} %s;\n" % (
                    deeper, self.items(items, deeper + "    "), deeper, name)
        if self.layout.permanent:
            out += "%suint64_t reserved_[%d];\n" % (deeper, u.size // 8)
        return out + "%s} %s; /**< as %s says */\n" % (indent, u.name, u.key)

    def struct(self, s):
        n = s.name
        out = doc(s.doc) + "typedef struct libxl_%s {\n%s} libxl_%s;\n" % (
            n, self.body(s, "    "), n)
        out += "/** Set every field to its default.  Every struct starts with this. */\n"
        out += "void libxl_%s_init(libxl_%s *p);\n" % (n, n)
        out += "/** Free what the fields own and set them to their defaults. */\n"
        out += "void libxl_%s_dispose(libxl_%s *p);\n" % (n, n)
        out += "/** Deep copy; what *dst held is not looked at. */\n"
        out += "void libxl_%s_copy(libxl_ctx *ctx, libxl_%s *dst, const libxl_%s *src);\n" % (n, n, n)
        out += "/** @return the struct as JSON; the caller frees it.  NULL without memory. */\n"
        out += "char *libxl_%s_to_json(libxl_ctx *ctx, libxl_%s *p);\n" % (n, n)
        out += "/** Initialise from JSON; what it lacks gets its default.  @return 0 or ERROR_*. */\n"
        out += "int libxl_%s_from_json(libxl_ctx *ctx, libxl_%s *p, const char *s);\n" % (n, n)
        for u in s.unions():
            key = next(i for i in s.items if i.name == u.key)
            out += "/** Choose the arm of %s and set its fields to their defaults. */\n" % u.name
            out += "void libxl_%s_init_%s(libxl_%s *p, libxl_%s %s);\n" % (
                n, u.key, n, key.type, u.key)
        return out + "\n"

    def text(self, types):
        out = NOTE + "#ifndef LIBXL_TYPES_H_GENERATED\n#define LIBXL_TYPES_H_GENERATED\n\n"
        for t in types.values():
            out += self.enum(t) if isinstance(t, Enum) else self.struct(t)
        return out + "#endif\n"


def json_header(types):
    out = NOTE + "#ifndef LIBXL_TYPES_JSON_H_GENERATED\n#define LIBXL_TYPES_JSON_H_GENERATED\n\n"
    for name in types:
        out += "/** Write a libxl_%s into an open generator. */\n" % name
        out += "yajl_gen_status libxl_%s_gen_json(yajl_gen hand, libxl_%s *p);\n" % (name, name)
    return out + "\n#endif\n"


class Source:
    """_libxl_types.c"""

    def __init__(self, layout):
        self.layout = layout
        self.out = NOTE + '#include "types.h"\n\n'

    def enum(self, e):
        n = e.name
        self.out += "libxl_enum_string_table libxl_%s_string_table[] = {\n" % n
        for name in e.values:
            self.out += '    {"%s", %s%s},\n' % (name.lower(), e.prefix, name)
        self.out += "    {NULL, -1},\n};\n"
        self.out += ("const struct type libxl__type_%s = {.name = \"%s\", .kind = TYPE_ENUM, "
                     ".size = 4,\n    .values = libxl_%s_string_table};\n" % (n, n, n))
        self.out += ("const char *libxl_%s_to_string(libxl_%s p)\n"
                     "{\n    return libxl__enum_name(&libxl__type_%s, p);\n}\n" % (n, n, n))
        self.out += ("int libxl_%s_from_string(const char *s, libxl_%s *e)\n"
                     "{\n    return libxl__enum_find(&libxl__type_%s, s, (int *)e);\n}\n" % (n, n, n))
        self.out += ("char *libxl_%s_to_json(libxl_ctx *ctx, libxl_%s p)\n"
                     "{\n    return libxl__type_to_json(ctx, &libxl__type_%s, &p);\n}\n" % (n, n, n))
        self.common(n)

    def common(self, n):
        self.out += ("int libxl_%s_from_json(libxl_ctx *ctx, libxl_%s *p, const char *s)\n"
                     "{\n    return libxl__type_from_json(ctx, &libxl__type_%s, p, s);\n}\n" % (n, n, n))
        self.out += ("yajl_gen_status libxl_%s_gen_json(yajl_gen hand, libxl_%s *p)\n"
                     "{\n    return libxl__type_gen_json(hand, &libxl__type_%s, p);\n}\n\n" % (n, n, n))

    def rows(self, tag, base, path, items):
        """One table of fields, after the tables it refers to; offsets are from `base`."""
        rows = ""
        for i in self.layout.fields(items):
            where = "offsetof(%s, %s%s)" % (base, path, i.name)
            if isinstance(i, Array):
                rows += ('    {.name = "%s", .kind = FIELD_ARRAY, .offset = %s,\n'
                         '     .count = offsetof(%s, %s%s), .type = &libxl__type_%s},\n' % (
                             i.name, where, base, path, i.count, i.type))
            elif isinstance(i, Inner):
                sub = "%s__%s" % (tag, i.name)
                n = self.rows(sub, base, path + i.name + ".", i.items)
                rows += ('    {.name = "%s", .kind = FIELD_INNER, .nr = %d, .fields = %s},\n' % (
                    i.name, n, sub))
            elif isinstance(i, Union):
                rows += self.union(tag, base, path, i)
            else:
                init = ", .init = %s" % self.literal(i.init) if i.init else ""
                rows += '    {.name = "%s", .offset = %s,\n     .type = &libxl__type_%s%s},\n' % (
                    i.name, where, i.type, init)
        if rows:
            self.out += "static const struct type_field %s[] = {\n%s};\n" % (tag, rows)
        return len(self.layout.fields(items))

    def union(self, tag, base, path, u):
        key = next(i for i in idl.types[base[6:]].items if i.name == u.key)
        prefix = idl.types[key.type].prefix
        arms = ""
        for name, items in u.arms.items():
            sub = "%s__%s_%s" % (tag, u.name, name)
            n = self.rows(sub, base, "%s%s.%s." % (path, u.name, name), items) if items else 0
            arms += '    {.name = "%s.%s", .value = %s%s, .nr = %d, .fields = %s},\n' % (
                u.key, name, prefix, name.upper(), n, sub if n else "NULL")
        arms_tag = "%s__%s" % (tag, u.name)
        self.out += "static const struct type_arm %s[] = {\n%s};\n" % (arms_tag, arms)
        return ('    {.name = "%s", .kind = FIELD_UNION, .offset = offsetof(%s, %s%s),\n'
                '     .size = sizeof(((%s *)0)->%s%s), .key = offsetof(%s, %s%s), .nr = %d,\n'
                '     .arms = %s},\n' % (
                    u.name, base, path, u.name, base, path, u.name, base, path, u.key,
                    len(u.arms), arms_tag))

    @staticmethod
    def literal(value):
        return "~(uint64_t)%d" % (~value) if value < 0 else "%dU" % value if value < 2**32 else \
            "0x%xULL" % value

    def struct(self, s):
        n = s.name
        tag = "fields_%s" % n
        nr = self.rows(tag, "libxl_" + n, "", s.items)
        keys = {u.key for u in s.unions()}
        self.out += ('const struct type libxl__type_%s = {.name = "%s", .kind = TYPE_STRUCT,\n'
                     '    .size = sizeof(libxl_%s), .nr = %d, .fields = %s};\n' % (n, n, n, nr, tag))
        if self.layout.permanent:
            self.out += "_Static_assert(sizeof(libxl_%s) == %d, \"permanent ABI\");\n" % (n, s.size)
        self.out += ("void libxl_%s_init(libxl_%s *p)\n"
                     "{\n    libxl__type_init(&libxl__type_%s, p);\n}\n" % (n, n, n))
        self.out += ("void libxl_%s_dispose(libxl_%s *p)\n"
                     "{\n    libxl__type_dispose(&libxl__type_%s, p);\n}\n" % (n, n, n))
        self.out += ("void libxl_%s_copy(libxl_ctx *ctx, libxl_%s *dst, const libxl_%s *src)\n"
                     "{\n    libxl__type_copy(ctx, &libxl__type_%s, dst, src);\n}\n" % (n, n, n, n))
        self.out += ("char *libxl_%s_to_json(libxl_ctx *ctx, libxl_%s *p)\n"
                     "{\n    return libxl__type_to_json(ctx, &libxl__type_%s, p);\n}\n" % (n, n, n))
        for key in sorted(keys):
            kt = next(i for i in s.items if i.name == key).type
            self.out += ("void libxl_%s_init_%s(libxl_%s *p, libxl_%s %s)\n"
                         "{\n    libxl__type_init_key(&libxl__type_%s, p, \"%s\", %s);\n}\n" % (
                             n, key, n, kt, key, n, key, key))
        self.common(n)

    def text(self, types):
        for t in types.values():
            self.enum(t) if isinstance(t, Enum) else self.struct(t)
        self.out += "const struct type *const libxl__types[] = {\n"
        for name in types:
            self.out += "    &libxl__type_%s,\n" % name
        self.out += "    NULL};\n"
        return self.out


def private_header(types):
    out = NOTE + "/* The tables of _libxl_types.c. */\n"
    for name in list(idl.BUILTIN) + list(types):
        out += "extern const struct type libxl__type_%s;\n" % name
    out += "/* All enums and structs, ended by NULL. */\n"
    out += "extern const struct type *const libxl__types[];\n"
    return out


def write(directory, name, text):
    path = os.path.join(directory, name)
    with open(path, "w", encoding="ascii") as f:
        f.write(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layout", choices=("permanent", "dropin"), default="permanent")
    parser.add_argument("directory")
    args = parser.parse_args()
    types = idl.load()
    layout = idl.Layout(args.layout == "permanent")
    os.makedirs(args.directory, exist_ok=True)
    write(args.directory, "_libxl_types.h", Header(layout).text(types))
    write(args.directory, "_libxl_types_json.h", json_header(types))
    write(args.directory, "_libxl_types_private.h", private_header(types))
    write(args.directory, "_libxl_types.c", Source(layout).text(types))


if __name__ == "__main__":
    main()
