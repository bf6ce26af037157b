/* SPDX-License-Identifier: MIT */
/* xen_version: who we are; vm_assist. */
#include <hv/access.h>
#include <hv/arch/domain.h>
#include <hv/cmdline.h>
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/string.h>
#include <hv/version.h>
#include <xen/features.h>
#include <xen/version.h>

static uint32_t features(const struct domain *d, unsigned int submap)
{
    uint32_t map = 0;

    if (submap != 0)
        return 0;
    map |= 1U << XENFEAT_pae_pgdir_above_4gb | 1U << XENFEAT_mmu_pt_update_preserve_ad |
           1U << XENFEAT_gnttab_map_avail_bits | 1U << XENFEAT_not_direct_mapped;
    if (d->is_privileged)
        map |= 1U << XENFEAT_dom0;
    return map;
}

static long copy_string(vaddr_t arg, const char *s, size_t size)
{
    char buf[1024] = {0};

    hv_strlcpy(buf, s, sizeof(buf));
    return copy_to_guest_va(arg, buf, size);
}

static long compile_info(vaddr_t arg)
{
    struct xen_compile_info info = {0};

    hv_strlcpy(info.compiler, HV_COMPILER, sizeof(info.compiler));
    hv_strlcpy(info.compile_by, "", sizeof(info.compile_by));
    hv_strlcpy(info.compile_domain, "", sizeof(info.compile_domain));
    hv_strlcpy(info.compile_date, "", sizeof(info.compile_date)); /* builds are reproducible */
    return copy_back(arg, &info);
}

static long get_features(const struct domain *d, vaddr_t arg)
{
    struct xen_feature_info info;

    if (copy_arg(&info, arg))
        return -EFAULT;
    info.submap = features(d, info.submap_idx);
    return copy_back(arg, &info);
}

/* xen_version(command, argument) */
long do_xen_version(struct hypercall_args *a)
{
    const struct domain *d = current->domain;
    struct xen_platform_parameters params = {.virt_start = 0xffff800000000000UL};
    vaddr_t arg = a->a[1];

    switch ((int)a->a[0]) {
    case XENVER_version:
        return HV_VERSION_MAJOR << 16 | HV_VERSION_MINOR;
    case XENVER_extraversion:
        return copy_string(arg, HV_EXTRAVERSION, sizeof(xen_extraversion_t));
    case XENVER_compile_info:
        return compile_info(arg);
    case XENVER_capabilities:
        return copy_string(arg, arch_capabilities, sizeof(xen_capabilities_info_t));
    case XENVER_changeset:
        return copy_string(arg, "", sizeof(xen_changeset_info_t));
    case XENVER_platform_parameters:
        return copy_back(arg, &params);
    case XENVER_get_features:
        return get_features(d, arg);
    case XENVER_pagesize:
        return PAGE_SIZE;
    case XENVER_guest_handle:
        return copy_to_guest_va(arg, d->handle, sizeof(d->handle));
    case XENVER_commandline:
        return copy_string(arg, may(d, ACCESS_VERSION, NULL, XENVER_commandline) ? "" : saved_cmdline,
                           sizeof(xen_commandline_t));
    case XENVER_build_id:
        return -ENODATA;
    default:
        return -ENOSYS;
    }
}

/* vm_assist(command, type) */
long do_vm_assist(struct hypercall_args *a)
{
    /* The page-table assist of old is how single writes work for everybody; the others change
     * how 32-bit guests run, runstate updates, and where the M2P is readable. */
    const unsigned long known = BIT(VMASST_TYPE_writable_pagetables) | BIT(VMASST_TYPE_pae_extended_cr3) |
                                BIT(VMASST_TYPE_architectural_iopl) |
                                BIT(VMASST_TYPE_runstate_update_flag) | BIT(VMASST_TYPE_m2p_strict);
    struct domain *d = current->domain;
    unsigned long type = a->a[1];

    if (type >= 64 || !(known & BIT(type)))
        return -EINVAL;
    switch (a->a[0]) {
    case VMASST_CMD_enable:
        set_bit((unsigned int)type, &d->vm_assist);
        return 0;
    case VMASST_CMD_disable:
        clear_bit((unsigned int)type, &d->vm_assist);
        return 0;
    default:
        return -ENOSYS;
    }
}
