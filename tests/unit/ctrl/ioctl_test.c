/* SPDX-License-Identifier: MIT */
/* The ioctl numbers that the libraries use are those of the kernel's own headers. */
#include "shared/linux_devices.h"
#include "fake_kernel.h"

static const unsigned long ours[] = {
    IOCTL_EVTCHN_BIND_VIRQ,
    IOCTL_EVTCHN_BIND_INTERDOMAIN,
    IOCTL_EVTCHN_BIND_UNBOUND_PORT,
    IOCTL_EVTCHN_UNBIND,
    IOCTL_EVTCHN_NOTIFY,
    IOCTL_EVTCHN_RESTRICT_DOMID,
    IOCTL_GNTDEV_MAP_GRANT_REF,
    IOCTL_GNTDEV_UNMAP_GRANT_REF,
    IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR,
    IOCTL_GNTDEV_SET_MAX_GRANTS,
    IOCTL_GNTDEV_SET_UNMAP_NOTIFY,
    IOCTL_GNTDEV_GRANT_COPY,
    IOCTL_GNTDEV_DMABUF_EXP_FROM_REFS,
    IOCTL_GNTDEV_DMABUF_EXP_WAIT_RELEASED,
    IOCTL_GNTDEV_DMABUF_IMP_TO_REFS,
    IOCTL_GNTDEV_DMABUF_IMP_RELEASE,
    IOCTL_GNTALLOC_ALLOC_GREF,
    IOCTL_GNTALLOC_DEALLOC_GREF,
    IOCTL_GNTALLOC_SET_UNMAP_NOTIFY,
};

#undef IOCTL_EVTCHN_BIND_VIRQ
#undef IOCTL_EVTCHN_BIND_INTERDOMAIN
#undef IOCTL_EVTCHN_BIND_UNBOUND_PORT
#undef IOCTL_EVTCHN_UNBIND
#undef IOCTL_EVTCHN_NOTIFY
#undef IOCTL_EVTCHN_RESTRICT_DOMID
#undef IOCTL_GNTDEV_MAP_GRANT_REF
#undef IOCTL_GNTDEV_UNMAP_GRANT_REF
#undef IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR
#undef IOCTL_GNTDEV_SET_MAX_GRANTS
#undef IOCTL_GNTDEV_SET_UNMAP_NOTIFY
#undef IOCTL_GNTDEV_GRANT_COPY
#undef IOCTL_GNTDEV_DMABUF_EXP_FROM_REFS
#undef IOCTL_GNTDEV_DMABUF_EXP_WAIT_RELEASED
#undef IOCTL_GNTDEV_DMABUF_IMP_TO_REFS
#undef IOCTL_GNTDEV_DMABUF_IMP_RELEASE
#undef IOCTL_GNTALLOC_ALLOC_GREF
#undef IOCTL_GNTALLOC_DEALLOC_GREF
#undef IOCTL_GNTALLOC_SET_UNMAP_NOTIFY
#undef GNTALLOC_FLAG_WRITABLE
#undef UNMAP_NOTIFY_CLEAR_BYTE
#undef UNMAP_NOTIFY_SEND_EVENT

/* The kernel's structures have the names of ours. */
#define ioctl_evtchn_bind_virq                kernel_evtchn_bind_virq
#define ioctl_evtchn_bind_interdomain         kernel_evtchn_bind_interdomain
#define ioctl_evtchn_bind_unbound_port        kernel_evtchn_bind_unbound_port
#define ioctl_evtchn_restrict_domid           kernel_evtchn_restrict_domid
#define ioctl_gntdev_grant_ref                kernel_gntdev_grant_ref
#define ioctl_gntdev_map_grant_ref            kernel_gntdev_map_grant_ref
#define ioctl_gntdev_unmap_grant_ref          kernel_gntdev_unmap_grant_ref
#define ioctl_gntdev_get_offset_for_vaddr     kernel_gntdev_get_offset_for_vaddr
#define ioctl_gntdev_set_max_grants           kernel_gntdev_set_max_grants
#define ioctl_gntdev_unmap_notify             kernel_gntdev_unmap_notify
#define ioctl_gntdev_grant_copy               kernel_gntdev_grant_copy
#define ioctl_gntdev_dmabuf_exp_from_refs     kernel_gntdev_dmabuf_exp_from_refs
#define ioctl_gntdev_dmabuf_exp_wait_released kernel_gntdev_dmabuf_exp_wait_released
#define ioctl_gntdev_dmabuf_imp_to_refs       kernel_gntdev_dmabuf_imp_to_refs
#define ioctl_gntdev_dmabuf_imp_release       kernel_gntdev_dmabuf_imp_release
#define ioctl_gntalloc_alloc_gref             kernel_gntalloc_alloc_gref
#define ioctl_gntalloc_dealloc_gref           kernel_gntalloc_dealloc_gref
typedef uint32_t grant_ref_t;
#include <linux/types.h>
#include </usr/include/xen/evtchn.h>
#include </usr/include/xen/gntdev.h>
#include </usr/include/xen/gntalloc.h>

static const unsigned long kernels[] = {
    IOCTL_EVTCHN_BIND_VIRQ,
    IOCTL_EVTCHN_BIND_INTERDOMAIN,
    IOCTL_EVTCHN_BIND_UNBOUND_PORT,
    IOCTL_EVTCHN_UNBIND,
    IOCTL_EVTCHN_NOTIFY,
    IOCTL_EVTCHN_RESTRICT_DOMID,
    IOCTL_GNTDEV_MAP_GRANT_REF,
    IOCTL_GNTDEV_UNMAP_GRANT_REF,
    IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR,
    IOCTL_GNTDEV_SET_MAX_GRANTS,
    IOCTL_GNTDEV_SET_UNMAP_NOTIFY,
    IOCTL_GNTDEV_GRANT_COPY,
    IOCTL_GNTDEV_DMABUF_EXP_FROM_REFS,
    IOCTL_GNTDEV_DMABUF_EXP_WAIT_RELEASED,
    IOCTL_GNTDEV_DMABUF_IMP_TO_REFS,
    IOCTL_GNTDEV_DMABUF_IMP_RELEASE,
    IOCTL_GNTALLOC_ALLOC_GREF,
    IOCTL_GNTALLOC_DEALLOC_GREF,
    IOCTL_GNTALLOC_SET_UNMAP_NOTIFY,
};

static void numbers_are_the_kernels(void **state)
{
    size_t i;

    for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        assert_int_equal(ours[i], kernels[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(numbers_are_the_kernels)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
