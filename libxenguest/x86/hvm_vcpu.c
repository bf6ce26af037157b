/* SPDX-License-Identifier: MIT */
/* The state in which a PVH guest's vCPUs start, as records of an HVM context. */
#include <xen/arch-x86/hvm/save.h>
#include <xen/hvm/save.h>
#include "x86/hvm.h"

#define CR0_PE_ET     0x11u
#define EFLAGS_FIXED  0x2u
#define DR6_DEFAULT   0xffff0ff0u
#define DR7_DEFAULT   0x400u
#define FLAT_LIMIT    0xffffffffu
#define AR_FLAT_CODE  0xc9bu /* 32 bits, 4 GiB, present, accessed, readable */
#define AR_FLAT_DATA  0xc93u
#define AR_TSS32_BUSY 0x8bu
#define TSS_LIMIT     0x67u

#define MTRR_ENABLED    0x800u
#define MTRR_WRITE_BACK 6u

/* A context being written. */
struct context {
    uint8_t *data;
    size_t len, room;
};

static void put(struct context *c, uint16_t type, uint16_t instance, const void *body, size_t len)
{
    struct hvm_save_descriptor d = {
        .typecode = type, .instance = instance, .length = (uint32_t)len};

    memcpy(c->data + c->len, &d, sizeof(d));
    if (len)
        memcpy(c->data + c->len + sizeof(d), body, len);
    c->len += sizeof(d) + len;
}

/* The next record of a context; NULL at its end, or where it is cut off. */
static const struct hvm_save_descriptor *next_record(const struct context *c, size_t *pos)
{
    const struct hvm_save_descriptor *d = (const struct hvm_save_descriptor *)(c->data + *pos);

    if (c->len - *pos < sizeof(*d) || d->typecode == HVM_SAVE_CODE(END) ||
        d->length > c->len - *pos - sizeof(*d))
        return NULL;
    *pos += sizeof(*d) + d->length;
    return d;
}

static struct hvm_hw_cpu first_cpu(struct xc_dom_image *dom)
{
    return (struct hvm_hw_cpu){
        .rip = xc_dom_virt_entry(dom),
        .rbx = dom->start_info_pfn << XG_PAGE_SHIFT,
        .rflags = EFLAGS_FIXED,
        .cr0 = CR0_PE_ET,
        .dr6 = DR6_DEFAULT,
        .dr7 = DR7_DEFAULT,
        .cs_limit = FLAT_LIMIT,
        .ds_limit = FLAT_LIMIT,
        .es_limit = FLAT_LIMIT,
        .ss_limit = FLAT_LIMIT,
        .tr_limit = TSS_LIMIT,
        .cs_arbytes = AR_FLAT_CODE,
        .ds_arbytes = AR_FLAT_DATA,
        .es_arbytes = AR_FLAT_DATA,
        .ss_arbytes = AR_FLAT_DATA,
        .tr_arbytes = AR_TSS32_BUSY,
    };
}

/* What the hypervisor gives a new vCPU says "all uncached": a guest without firmware needs more. */
static void put_mtrrs(struct context *to, const struct hvm_save_descriptor *d)
{
    struct hvm_hw_mtrr mtrr;

    memcpy(&mtrr, d + 1, sizeof(mtrr));
    mtrr.msr_mtrr_def_type = MTRR_ENABLED | MTRR_WRITE_BACK;
    put(to, HVM_SAVE_CODE(MTRR), d->instance, &mtrr, sizeof(mtrr));
}

/* From the context of the new domain make the one in which it starts. */
static int convert(struct xc_dom_image *dom, const struct context *from, struct context *to)
{
    struct hvm_hw_cpu cpu = first_cpu(dom);
    const struct hvm_save_descriptor *d = NULL;
    size_t pos = 0;

    d = next_record(from, &pos);
    if (!d || d->typecode != HVM_SAVE_CODE(HEADER) || d->length != HVM_SAVE_LENGTH(HEADER))
        return fail(dom->xch, EPROTO, "the HVM context of domain %u has no header",
                    dom->guest_domid);
    put(to, d->typecode, d->instance, d + 1, d->length);
    put(to, HVM_SAVE_CODE(CPU), 0, &cpu, sizeof(cpu));
    while ((d = next_record(from, &pos)))
        if (d->typecode == HVM_SAVE_CODE(MTRR) && d->length == HVM_SAVE_LENGTH(MTRR))
            put_mtrrs(to, d);
    put(to, HVM_SAVE_CODE(END), 0, NULL, 0);
    return 0;
}

static int get_context(struct xc_dom_image *dom, struct context *c)
{
    int size = xc_domain_hvm_getcontext(dom->xch, dom->guest_domid, NULL, 0);

    if (size <= 0)
        return wrap(dom->xch, "cannot get the HVM context of domain %u", dom->guest_domid);
    c->data = xc_dom_malloc(dom, (size_t)size);
    if (!c->data)
        return -1;
    size = xc_domain_hvm_getcontext(dom->xch, dom->guest_domid, c->data, (uint32_t)size);
    if (size < 0)
        return wrap(dom->xch, "cannot get the HVM context of domain %u", dom->guest_domid);
    c->len = (size_t)size;
    return 0;
}

int xg_pvh_vcpus(struct xc_dom_image *dom)
{
    struct context from = {0};
    struct context to = {0};

    if (get_context(dom, &from))
        return -1;
    /* Each record but the CPU's comes out of the old context. */
    to.data = xc_dom_malloc(dom, from.len + 2 * sizeof(struct hvm_save_descriptor) +
                                     sizeof(struct hvm_hw_cpu));
    if (!to.data || convert(dom, &from, &to))
        return -1;
    if (xc_domain_hvm_setcontext(dom->xch, dom->guest_domid, to.data, (uint32_t)to.len))
        return wrap(dom->xch, "cannot set the registers of domain %u's first vCPU",
                    dom->guest_domid);
    return 0;
}
