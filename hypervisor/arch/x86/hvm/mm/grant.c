/* SPDX-License-Identifier: MIT */
/* Grant mappings in a container's physical map.  The grant code holds the frame as long as it knows of
 * the mapping: the entry needs no reference of its own. */
#include <asm/p2m.h>
#include <hv/domain.h>
#include <hv/errno.h>

static enum p2m_type type_for(unsigned int flags)
{
    return flags & GNTMAP_readonly ? p2m_grant_ro : p2m_grant_rw;
}

int hvm_grant_map(uint64_t addr, mfn_t frame, unsigned int flags)
{
    int rc;

    if ((addr & ~PAGE_MASK) || (flags & GNTMAP_contains_pte))
        return GNTST_bad_virt_addr;
    rc = p2m_add(current->domain, _gfn(addr >> PAGE_SHIFT), frame, 0, type_for(flags));
    return !rc ? GNTST_okay : rc == -ENOMEM ? GNTST_no_space : GNTST_bad_virt_addr;
}

int hvm_grant_unmap(uint64_t addr, mfn_t frame, uint64_t new_addr, unsigned int flags)
{
    struct domain *d = current->domain;

    if (new_addr)
        return GNTST_general_error;
    if (p2m_replace(d, _gfn(addr >> PAGE_SHIFT), 0, frame, type_for(flags), INVALID_MFN,
                    p2m_invalid))
        return GNTST_general_error;
    return GNTST_okay;
}
