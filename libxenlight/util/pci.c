/* SPDX-License-Identifier: MIT */
/* xl-pci-configuration(5), and the rdm option of xl.cfg(5). */
#include "spec.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#define MAX_DOMAIN   0xffffu
#define MAX_BUS      0xffu
#define MAX_DEVICE   0x1fu
#define MAX_FUNCTION 7u

/* What a specification may hold at most once. */
enum { BDF = 1, VSLOT = 2, NAME = 4, OPTION = 8 };

struct pci_parser {
    struct spec spec;
    libxl_device_pci *pci;
    unsigned given;
};

static int hex(const struct spec *spec, struct piece piece, unsigned long max, const char *what,
               unsigned long *value)
{
    if (piece_number(piece, 16, max, value))
        return spec_bad(spec, piece, "%s is to be a hexadecimal number up to %lx", what, max);
    return 0;
}

/* "[DDDD:]BB:DD.F", F may be "*". */
static int parse_bdf(struct pci_parser *pp, struct piece text)
{
    struct piece domain = {"0", 1}, bus, device, function = text, rest = text;
    unsigned long d = 0, b, s, f = 0;
    bool all;
    int rc;

    if (!piece_split(&function, '.', &rest))
        return spec_bad(&pp->spec, text, "[DDDD:]BB:DD.F is wanted");
    if (!piece_split(&rest, ':', &bus))
        return spec_bad(&pp->spec, text, "[DDDD:]BB:DD.F is wanted");
    if (memchr(rest.at, ':', rest.length)) {
        domain = bus;
        piece_split(&rest, ':', &bus);
    }
    device = rest;
    all = piece_is(function, "*");
    rc = piece_is(domain, "0") ? 0 : hex(&pp->spec, domain, MAX_DOMAIN, "the domain", &d);
    rc = rc ? rc : hex(&pp->spec, bus, MAX_BUS, "the bus", &b);
    rc = rc ? rc : hex(&pp->spec, device, MAX_DEVICE, "the device", &s);
    if (!rc && !all)
        rc = hex(&pp->spec, function, MAX_FUNCTION, "the function", &f);
    if (rc)
        return rc;
    pp->pci->domain = (int)d;
    pp->pci->bus = (uint8_t)b;
    pp->pci->dev = (uint8_t)s;
    pp->pci->func = (uint8_t)f;
    /* A single function is function 0 in the guest. */
    pp->pci->vfunc_mask = all ? LIBXL_PCI_FUNC_ALL : 1u;
    return 0;
}

static int parse_vslot(struct pci_parser *pp, struct piece text)
{
    unsigned long slot;
    int rc = hex(&pp->spec, text, MAX_DEVICE, "the slot in the guest", &slot);

    if (!rc)
        pp->pci->vdevfn = (uint32_t)slot << 3;
    return rc;
}

static int parse_bool(struct pci_parser *pp, struct piece text, bool *value)
{
    unsigned long number;

    if (!text.length)
        return 0;
    if (piece_number(text, 10, INT_MAX, &number))
        return spec_bad(&pp->spec, text, "0 or 1 is wanted");
    *value = number != 0;
    return 0;
}

static int parse_policy(const struct spec *spec, struct piece text,
                        libxl_rdm_reserve_policy *policy)
{
    if (piece_is(text, "strict"))
        *policy = LIBXL_RDM_RESERVE_POLICY_STRICT;
    else if (piece_is(text, "relaxed"))
        *policy = LIBXL_RDM_RESERVE_POLICY_RELAXED;
    else
        return spec_bad(spec, text, "unknown policy: strict and relaxed are known");
    return 0;
}

static int once(struct pci_parser *pp, struct piece where, unsigned what, const char *name)
{
    if (pp->given & what)
        return spec_bad(&pp->spec, where, "%s is given more than once", name);
    pp->given |= what;
    return 0;
}

static int named(struct pci_parser *pp, struct piece key, struct piece value)
{
    libxl_device_pci *pci = pp->pci;
    const struct {
        const char *key;
        bool *value;
    } booleans[] = {
        {"permissive", &pci->permissive},
        {"msitranslate", &pci->msitranslate},
        {"seize", &pci->seize},
        {"power_mgmt", &pci->power_mgmt},
    };
    int rc;

    for (size_t i = 0; i < sizeof(booleans) / sizeof(booleans[0]); i++) {
        if (!piece_is(key, booleans[i].key))
            continue;
        rc = once(pp, key, OPTION << i, booleans[i].key);
        return rc ? rc : parse_bool(pp, value, booleans[i].value);
    }
    if (piece_is(key, "bdf")) {
        rc = once(pp, key, BDF, "bdf");
        return rc ? rc : parse_bdf(pp, value);
    }
    if (piece_is(key, "vslot")) {
        rc = once(pp, key, VSLOT, "vslot");
        return rc ? rc : parse_vslot(pp, value);
    }
    if (piece_is(key, "rdm_policy"))
        return parse_policy(&pp->spec, value, &pci->rdm_policy);
    if (piece_is(key, "name")) {
        rc = once(pp, key, NAME, "name");
        return rc ? rc : piece_store(value, &pci->name);
    }
    return spec_bad(&pp->spec, key, "unknown parameter '%.*s'", (int)key.length, key.at);
}

/* The BDF, with "@VSLOT". */
static int positional(struct pci_parser *pp, struct piece item)
{
    struct piece bdf;
    bool has_slot;
    int rc;

    if (pp->given & BDF && !(pp->given & VSLOT)) {
        pp->given |= VSLOT;
        return parse_vslot(pp, item);
    }
    rc = once(pp, item, BDF, "bdf");
    if (rc)
        return rc;
    has_slot = piece_split(&item, '@', &bdf);
    rc = parse_bdf(pp, bdf);
    if (!rc && has_slot) {
        pp->given |= VSLOT;
        rc = parse_vslot(pp, item);
    }
    return rc;
}

static int parse_items(struct pci_parser *pp)
{
    struct piece rest = {pp->spec.text, strlen(pp->spec.text)}, item;
    bool more = true;
    int rc = 0;

    while (more && !rc) {
        more = piece_split(&rest, ',', &item);
        item = piece_trim(item);
        if (memchr(item.at, '=', item.length)) {
            struct piece value = item, key;

            piece_split(&value, '=', &key);
            rc = named(pp, piece_trim(key), piece_trim(value));
        } else if (item.length) {
            rc = positional(pp, item);
        }
    }
    return rc;
}

int xlu_pci_parse_bdf(XLU_Config *cfg, libxl_device_pci *pci, const char *str)
{
    struct pci_parser pp = {.spec = {cfg, str}, .pci = pci};
    struct piece whole = {str, strlen(str)};

    return parse_bdf(&pp, whole);
}

int xlu_pci_parse_spec_string(XLU_Config *cfg, libxl_device_pci *pci, const char *str)
{
    struct pci_parser pp = {.spec = {cfg, str}, .pci = pci};
    struct piece whole = {str, strlen(str)};
    int rc = parse_items(&pp);

    if (rc)
        return rc;
    if (!(pp.given & (BDF | NAME)))
        return spec_bad(&pp.spec, whole, "bdf or name is wanted");
    if ((pp.given & (BDF | NAME)) == (BDF | NAME))
        return spec_bad(&pp.spec, whole, "bdf and name exclude each other");
    return 0;
}

int xlu_rdm_parse(XLU_Config *cfg, libxl_rdm_reserve *rdm, const char *str)
{
    struct spec spec = {cfg, str};
    struct piece rest = {str, strlen(str)}, item, key;
    bool more = true;
    int rc = 0;

    while (more && !rc) {
        more = piece_split(&rest, ',', &item);
        item = piece_trim(item);
        piece_split(&item, '=', &key);
        if (piece_is(key, "strategy") && piece_is(item, "host"))
            rdm->strategy = LIBXL_RDM_RESERVE_STRATEGY_HOST;
        else if (piece_is(key, "strategy"))
            rc = spec_bad(&spec, item, "unknown strategy: host is known");
        else if (piece_is(key, "policy"))
            rc = parse_policy(&spec, item, &rdm->policy);
        else
            rc = spec_bad(&spec, key, "strategy= or policy= is wanted");
    }
    return rc;
}
