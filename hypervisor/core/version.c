/* SPDX-License-Identifier: MIT */
/* xen_version: who we say we are.  4.17 is the release whose ABI this is; tools ask for it. */
#include <hv/access.h>
#include <hv/arch/domain.h>
#include <hv/cmdline.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/string.h>
#include <hv/version.h>
#include <xen/version.h>

static const struct xen_compile_info compile_info = {
    .compiler = HV_COMPILER, /* by whom and when is left out: builds are reproducible */
};

static long copy_string(vaddr_t arg, const char *s, size_t size)
{
    char buf[1024] = "";

    hv_strlcpy(buf, s, sizeof(buf));
    return copy_to_guest_va(arg, buf, min(size, sizeof(buf)));
}

static uint32_t features_of(const struct domain *d)
{
    uint32_t f = 1U << XENFEAT_memory_op_vnode_supported | 1U << XENFEAT_pae_pgdir_above_4gb |
                 1U << XENFEAT_not_direct_mapped;

    if (d->is_hvm)
        f |= 1U << XENFEAT_writable_page_tables | 1U << XENFEAT_auto_translated_physmap |
             1U << XENFEAT_supervisor_mode_kernel | 1U << XENFEAT_hvm_callback_vector |
             1U << XENFEAT_hvm_safe_pvclock;
    else
        f |= 1U << XENFEAT_mmu_pt_update_preserve_ad | 1U << XENFEAT_gnttab_map_avail_bits;
    if (d->is_privileged)
        f |= 1U << XENFEAT_dom0;
    return f;
}

static long get_features(struct domain *d, vaddr_t arg)
{
    struct xen_feature_info info;

    if (copy_arg(&info, arg))
        return -EFAULT;
    if (info.submap_idx >= XENFEAT_NR_SUBMAPS)
        return -EINVAL;
    info.submap = features_of(d);
    return copy_back(arg, &info);
}

static long platform_parameters(vaddr_t arg)
{
    struct xen_platform_parameters params = {.virt_start = HYPERVISOR_VIRT_START};

    return copy_back(arg, &params);
}

/* What is not for everybody's eyes. */
static bool denied(const struct domain *d, int cmd)
{
    return may(d, ACCESS_VERSION, d, (unsigned long)cmd) != 0;
}

long do_xen_version(struct hypercall_args *a)
{
    struct domain *d = current->domain;
    int cmd = (int)a->a[0];
    vaddr_t arg = a->a[1];

    switch (cmd) {
    case XENVER_version:
        return HV_VERSION_MAJOR << 16 | HV_VERSION_MINOR;
    case XENVER_extraversion:
        return copy_string(arg, HV_EXTRAVERSION, sizeof(xen_extraversion_t));
    case XENVER_compile_info:
        return copy_back(arg, &compile_info);
    case XENVER_capabilities:
        return copy_string(arg, arch_capabilities, sizeof(xen_capabilities_info_t));
    case XENVER_changeset:
        return copy_string(arg, denied(d, cmd) ? "<denied>" : "", sizeof(xen_changeset_info_t));
    case XENVER_platform_parameters:
        return platform_parameters(arg);
    case XENVER_get_features:
        return get_features(d, arg);
    case XENVER_pagesize:
        return PAGE_SIZE;
    case XENVER_guest_handle:
        return copy_to_guest_va(arg, d->handle, sizeof(d->handle));
    case XENVER_commandline:
        return copy_string(arg, denied(d, cmd) ? "<denied>" : saved_cmdline,
                           sizeof(xen_commandline_t));
    case XENVER_build_id: /* the image carries none */
        return denied(d, cmd) ? -EPERM : -ENODATA;
    default:
        return -ENOSYS;
    }
}
