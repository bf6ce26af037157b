# SPDX-License-Identifier: MIT
"""The vocabulary of types_idl.py, and the layout of what is said in it."""

from dataclasses import dataclass, field as member

# Builtin types: name -> (C type, size, alignment) on LP64, the only data model there is.
BUILTIN = {
    "int": ("int", 4, 4),
    "uint8": ("uint8_t", 1, 1),
    "uint16": ("uint16_t", 2, 2),
    "uint32": ("uint32_t", 4, 4),
    "uint64": ("uint64_t", 8, 8),
    "bool": ("bool", 1, 1),
    "string": ("char *", 8, 8),
    "const_string": ("const char *", 8, 8),
    "defbool": ("libxl_defbool", 4, 4),
    "domid": ("libxl_domid", 4, 4),
    "devid": ("libxl_devid", 4, 4),
    "ev_user": ("libxl_ev_user", 8, 8),
    "ev_link": ("libxl_ev_link", 16, 8),
    "uuid": ("libxl_uuid", 16, 1),
    "mac": ("libxl_mac", 6, 1),
    "bitmap": ("libxl_bitmap", 16, 8),
    "string_list": ("libxl_string_list", 8, 8),
    "key_value_list": ("libxl_key_value_list", 8, 8),
    "cpuid_policy_list": ("libxl_cpuid_policy_list", 8, 8),
    "hwcap": ("libxl_hwcap", 32, 4),
    "ms_vm_genid": ("libxl_ms_vm_genid", 16, 1),
}


@dataclass
class Enum:
    name: str
    doc: str
    prefix: str
    values: dict


@dataclass
class Field:
    name: str
    type: str
    init: int = 0
    doc: str = ""
    since: str = ""


@dataclass
class Array:
    name: str
    type: str
    count: str
    doc: str = ""
    since: str = ""


@dataclass
class Inner:
    """An unnamed struct inside another one."""

    name: str
    size: int
    items: list
    since: str = ""


@dataclass
class Union:
    """Which arm of it is valid is told by the field `key`, an enum."""

    name: str
    size: int
    key: str
    arms: dict = member(default_factory=dict)
    since: str = ""


@dataclass
class Struct:
    name: str
    size: int
    doc: str
    items: list

    def unions(self):
        return [i for i in self.items if isinstance(i, Union)]


types = {}  # in the order of definition, which is the order C needs


def enum(name, doc, prefix=None, **values):
    types[name] = Enum(name, doc, prefix or "LIBXL_%s_" % name.upper(), values)


def struct(name, size, doc, items):
    types[name] = Struct(name, size, doc, items)


field, array, inner, union = Field, Array, Inner, Union


def c_type(name):
    if name in BUILTIN:
        return BUILTIN[name][0]
    if name not in types:
        raise KeyError("type %s is used before it is defined" % name)
    return "libxl_" + name


class Layout:
    """Sizes in the permanent ABI (permanent=True) or in the one of Debian's Xen 4.17."""

    def __init__(self, permanent):
        self.permanent = permanent

    def fields(self, items):
        return [i for i in items if self.permanent or not i.since]

    def measure(self, item):
        """Size and alignment of an item, the count in front of an array included."""
        if isinstance(item, Array):
            return 16, 8
        if isinstance(item, Inner):
            return self.closed(item)
        if isinstance(item, Union):
            sizes = [self.extent(arm) for arm in item.arms.values()]
            used = max(s for s, _ in sizes)
            align = max(a for _, a in sizes)
            if not self.permanent:
                return round_up(used, align), align
            return self.fit(item, used), 8  # its reserved words are of 64 bits
        if item.type in BUILTIN:
            return BUILTIN[item.type][1:]
        target = types[item.type]
        return (4, 4) if isinstance(target, Enum) else self.closed(target)

    def extent(self, items):
        """Bytes used by items one after the other, and their alignment."""
        offset, align = 0, 1
        for item in self.fields(items):
            if isinstance(item, Array):  # an int, then a pointer: the int may fill a hole
                offset, align = round_up(round_up(offset, 4) + 4, 8) + 8, 8
                continue
            size, a = self.measure(item)
            offset, align = round_up(offset, a) + size, max(align, a)
        return offset, align

    def closed(self, thing):
        used, align = self.extent(thing.items)
        if not self.permanent:
            return round_up(used, align), align
        return self.fit(thing, used), max(align, 4)

    @staticmethod
    def fit(thing, used):
        if used > thing.size or thing.size % 8:
            raise ValueError("%s: %d bytes in %d" % (thing.name, used, thing.size))
        return thing.size

    def tail(self, thing):
        """Reserved 32-bit words at the end of a struct."""
        if not self.permanent:
            return 0
        used, _ = self.extent(thing.items)
        return (thing.size - round_up(used, 4)) // 4


def round_up(n, to):
    return (n + to - 1) // to * to


def load():
    import types_idl  # noqa: F401  (fills `types`)

    return types
