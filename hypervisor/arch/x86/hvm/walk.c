/* SPDX-License-Identifier: MIT */
/* A container's memory by its own addresses: through its page tables and its physical map. */
#include <asm/hvm.h>
#include <asm/msr.h>
#include <asm/p2m.h>
#include <asm/processor.h>
#include <hv/errno.h>
#include <hv/string.h>

#define GUEST_PTE_PSE_PAT_4M(e) (((uint64_t)(e)&0x1fe000) << 19) /* 4 MiB: address bits 39 to 32 */

struct walk {
    struct vcpu *v;
    uint32_t access;
    bool pae, wp, nx, smep;
    uint64_t writable, user; /* of all levels so far */
    bool no_execute;
};

/* An entry of a table of the guest; it is marked as used. */
static bool read_entry(struct walk *w, maddr_t at, unsigned int size, uint64_t *entry)
{
    enum p2m_type t;
    struct page_info *pg = p2m_get_page(w->v->domain, _gfn((at & PTE_ADDR_MASK) >> PAGE_SHIFT), &t);
    char *p;

    if (!pg)
        return false;
    p = (char *)page_to_virt(pg) + (at & (PAGE_SIZE - 1));
    *entry = size == 8 ? read_atomic((uint64_t *)p) : read_atomic((uint32_t *)p);
    if ((*entry & PTE_PRESENT) && !(*entry & PTE_ACCESSED) && p2m_is_writable(t)) {
        __atomic_or_fetch((uint32_t *)p, PTE_ACCESSED, __ATOMIC_SEQ_CST);
        p2m_mark_dirty(w->v->domain, _gfn((at & PTE_ADDR_MASK) >> PAGE_SHIFT));
    }
    put_page(pg);
    return true;
}

static bool allowed(const struct walk *w)
{
    if ((w->access & HVM_ACCESS_USER) && !w->user)
        return false;
    if ((w->access & HVM_ACCESS_WRITE) && !w->writable && (w->wp || (w->access & HVM_ACCESS_USER)))
        return false;
    if ((w->access & HVM_ACCESS_FETCH) &&
        (w->no_execute || (w->smep && w->user && !(w->access & HVM_ACCESS_USER))))
        return false;
    return true;
}

/* One level.  0: *table is the next one; 1: the walk ends, *gpa is it; -EFAULT. */
static int step(struct walk *w, vaddr_t va, unsigned int level, maddr_t *table, maddr_t *gpa)
{
    unsigned int bits = w->pae ? 9 : 10, size = w->pae ? 8 : 4;
    unsigned int shift = PAGE_SHIFT + bits * (level - 1);
    uint64_t index = (va >> shift) & ((1u << bits) - 1), e, span = 1UL << shift;

    if (!read_entry(w, *table + index * size, size, &e) || !(e & PTE_PRESENT))
        return -EFAULT;
    w->writable &= e & PTE_RW;
    w->user &= e & PTE_USER;
    w->no_execute |= w->nx && w->pae && (e & PTE_NX);
    *table = e & PTE_ADDR_MASK;
    if (level > 1 && !((e & PTE_PSE) && level < 4))
        return 0;
    if (level == 2 && !w->pae)
        *table = (e & 0xffc00000u) | GUEST_PTE_PSE_PAT_4M(e);
    *gpa = (*table & ~(span - 1)) | (va & (span - 1));
    return 1;
}

/* PAE's top level: four entries that have no rights in them. */
static bool pae_top(struct walk *w, vaddr_t va, maddr_t *table)
{
    uint64_t e;
    enum p2m_type t;
    maddr_t at = (*table & 0xffffffe0u) + (va >> 30 & 3) * 8;
    struct page_info *pg = p2m_get_page(w->v->domain, _gfn(at >> PAGE_SHIFT), &t);

    if (!pg)
        return false;
    e = read_atomic((uint64_t *)((char *)page_to_virt(pg) + (at & (PAGE_SIZE - 1))));
    put_page(pg);
    *table = e & PTE_ADDR_MASK;
    return e & PTE_PRESENT;
}

static int walk_tables(struct walk *w, vaddr_t va, maddr_t *gpa)
{
    uint64_t cr3 = hvm->get(w->v, HVM_CR3), cr4 = hvm->get(w->v, HVM_CR4);
    bool long_mode = hvm->get(w->v, HVM_EFER) & EFER_LMA;
    unsigned int level = long_mode ? 4 : 2;
    maddr_t table = long_mode ? cr3 & PTE_ADDR_MASK : cr3 & 0xfffff000u;
    int rc = 0;

    w->pae = long_mode || (cr4 & X86_CR4_PAE);
    w->wp = hvm->get(w->v, HVM_CR0) & X86_CR0_WP;
    w->nx = hvm->get(w->v, HVM_EFER) & EFER_NX;
    w->smep = cr4 & X86_CR4_SMEP;
    if (long_mode && !is_canonical(va))
        return -EFAULT;
    if (w->pae && !long_mode) {
        table = cr3;
        if (!pae_top(w, va, &table))
            return -EFAULT;
    }
    while (rc == 0)
        rc = step(w, va, level--, &table, gpa);
    if (rc < 0)
        return rc;
    return allowed(w) ? 0 : -EACCES;
}

static uint32_t fault_code(struct vcpu *v, uint32_t access, bool present)
{
    uint32_t error = access & (HVM_ACCESS_WRITE | HVM_ACCESS_USER);

    if (present)
        error |= PFEC_present;
    if ((access & HVM_ACCESS_FETCH) &&
        ((hvm->get(v, HVM_EFER) & EFER_NX) || (hvm->get(v, HVM_CR4) & X86_CR4_SMEP)))
        error |= PFEC_insn;
    return error;
}

int hvm_translate(struct vcpu *v, vaddr_t va, uint32_t access, maddr_t *gpa, uint32_t *error)
{
    struct walk w = {.v = v, .access = access, .writable = PTE_RW, .user = PTE_USER};
    int rc = 0;

    if (!(hvm->get(v, HVM_EFER) & EFER_LMA))
        va &= 0xffffffff;
    *gpa = va;
    if (hvm->get(v, HVM_CR0) & X86_CR0_PG)
        rc = walk_tables(&w, va, gpa);
    if (!rc)
        return 0;
    *error = fault_code(v, access, rc == -EACCES);
    return -EFAULT;
}

/* Within one page. */
static bool copy_page(struct vcpu *v, maddr_t gpa, char *buf, size_t len, bool write)
{
    enum p2m_type t;
    struct page_info *pg = p2m_get_page(v->domain, _gfn(gpa >> PAGE_SHIFT), &t);
    char *p;

    if (!pg)
        return false;
    p = (char *)page_to_virt(pg) + (gpa & (PAGE_SIZE - 1));
    if (!write) {
        memcpy(buf, p, len);
    } else if (p2m_is_writable(t)) {
        memcpy(p, buf, len);
        p2m_mark_dirty(v->domain, _gfn(gpa >> PAGE_SHIFT)); /* after it: or a look may miss it */
    }
    put_page(pg);
    return !write || p2m_is_writable(t);
}

size_t hvm_copy(struct vcpu *v, void *buf, vaddr_t va, size_t len, uint32_t access, uint32_t *error)
{
    uint32_t unused = 0;
    maddr_t gpa;

    error = error ?: &unused;
    for (char *p = buf; len;) {
        size_t n = min(len, (size_t)(PAGE_SIZE - (va & (PAGE_SIZE - 1))));

        if (hvm_translate(v, va, access, &gpa, error))
            break;
        if (!copy_page(v, gpa, p, n, access & HVM_ACCESS_WRITE)) {
            *error = fault_code(v, access, true); /* the guest's own tables are in order */
            break;
        }
        va += n;
        p += n;
        len -= n;
    }
    return len;
}

int hvm_copy_from_guest(void *dst, vaddr_t va, size_t len)
{
    return hvm_copy(current, dst, va, len, 0, NULL) ? -EFAULT : 0;
}

int hvm_copy_to_guest(vaddr_t va, const void *src, size_t len)
{
    return hvm_copy(current, (void *)src, va, len, HVM_ACCESS_WRITE, NULL) ? -EFAULT : 0;
}
