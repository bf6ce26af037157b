/* SPDX-License-Identifier: MIT */
/*
 * The ioctls of Linux's Xen devices, as its uapi headers xen/{privcmd,evtchn,gntdev,gntalloc}.h
 * define them.  They are repeated here because those headers cannot be used together with the
 * hypervisor's public ones (privcmd.h wants the kernel's own copy of those).
 */
#ifndef XEN_LINUX_DEVICES_H
#define XEN_LINUX_DEVICES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <xen/xen.h>

#define XEN_IOC(type, nr, arg) _IOC(_IOC_NONE, type, nr, sizeof(arg))

/* /dev/xen/privcmd, and /dev/xen/hypercall, whose mmap gives memory that never faults. */
struct privcmd_hypercall {
    uint64_t op;
    uint64_t arg[5];
};

struct privcmd_mmapbatch_v2 {
    unsigned int num;
    domid_t dom;
    uint64_t addr;
    const xen_pfn_t *arr;
    int *err;
};

struct privcmd_dm_op_buf {
    void *uptr;
    size_t size;
};

struct privcmd_dm_op {
    domid_t dom;
    uint16_t num;
    const struct privcmd_dm_op_buf *ubufs;
};

struct privcmd_mmap_resource {
    domid_t dom;
    uint32_t type;
    uint32_t id;
    uint32_t idx;
    uint64_t num;
    uint64_t addr;
};

#define IOCTL_PRIVCMD_HYPERCALL     XEN_IOC('P', 0, struct privcmd_hypercall)
#define IOCTL_PRIVCMD_MMAPBATCH_V2  XEN_IOC('P', 4, struct privcmd_mmapbatch_v2)
#define IOCTL_PRIVCMD_DM_OP         XEN_IOC('P', 5, struct privcmd_dm_op)
#define IOCTL_PRIVCMD_RESTRICT      XEN_IOC('P', 6, domid_t)
#define IOCTL_PRIVCMD_MMAP_RESOURCE XEN_IOC('P', 7, struct privcmd_mmap_resource)

/* /dev/xen/evtchn */
struct ioctl_evtchn_bind_virq {
    unsigned int virq;
};

struct ioctl_evtchn_bind_interdomain {
    unsigned int remote_domain, remote_port;
};

struct ioctl_evtchn_bind_unbound_port {
    unsigned int remote_domain;
};

struct ioctl_evtchn_port {
    unsigned int port;
};

struct ioctl_evtchn_restrict_domid {
    domid_t domid;
};

#define IOCTL_EVTCHN_BIND_VIRQ         XEN_IOC('E', 0, struct ioctl_evtchn_bind_virq)
#define IOCTL_EVTCHN_BIND_INTERDOMAIN  XEN_IOC('E', 1, struct ioctl_evtchn_bind_interdomain)
#define IOCTL_EVTCHN_BIND_UNBOUND_PORT XEN_IOC('E', 2, struct ioctl_evtchn_bind_unbound_port)
#define IOCTL_EVTCHN_UNBIND            XEN_IOC('E', 3, struct ioctl_evtchn_port)
#define IOCTL_EVTCHN_NOTIFY            XEN_IOC('E', 4, struct ioctl_evtchn_port)
#define IOCTL_EVTCHN_RESTRICT_DOMID    XEN_IOC('E', 6, struct ioctl_evtchn_restrict_domid)

/* /dev/xen/gntdev: mapping other domains' grants */
struct ioctl_gntdev_grant_ref {
    uint32_t domid;
    uint32_t ref;
};

struct ioctl_gntdev_map_grant_ref {
    uint32_t count;
    uint32_t pad;
    uint64_t index;
    struct ioctl_gntdev_grant_ref refs[];
};

struct ioctl_gntdev_unmap_grant_ref {
    uint64_t index;
    uint32_t count;
    uint32_t pad;
};

struct ioctl_gntdev_get_offset_for_vaddr {
    uint64_t vaddr;
    uint64_t offset;
    uint32_t count;
    uint32_t pad;
};

struct ioctl_gntdev_set_max_grants {
    uint32_t count;
};

struct ioctl_gntdev_unmap_notify {
    uint64_t index;
    uint32_t action;
    uint32_t event_channel_port;
};

struct ioctl_gntdev_grant_copy {
    unsigned int count;
    void *segments; /* laid out like struct xengnttab_grant_copy_segment */
};

struct ioctl_gntdev_dmabuf_exp_from_refs {
    uint32_t flags;
    uint32_t count;
    uint32_t fd;
    uint32_t domid;
    uint32_t refs[];
};

struct ioctl_gntdev_dmabuf_exp_wait_released {
    uint32_t fd;
    uint32_t wait_to_ms;
};

struct ioctl_gntdev_dmabuf_imp_to_refs {
    uint32_t fd;
    uint32_t count;
    uint32_t domid;
    uint32_t reserved;
    uint32_t refs[];
};

struct ioctl_gntdev_dmabuf_imp_release {
    uint32_t fd;
    uint32_t reserved;
};

/* The kernel counts one element of each trailing array in the ioctl's size. */
#define XEN_IOC_ARRAY(type, nr, arg, element)                                                      \
    _IOC(_IOC_NONE, type, nr, sizeof(arg) + sizeof(element))

#define IOCTL_GNTDEV_MAP_GRANT_REF                                                                 \
    XEN_IOC_ARRAY('G', 0, struct ioctl_gntdev_map_grant_ref, struct ioctl_gntdev_grant_ref)
#define IOCTL_GNTDEV_UNMAP_GRANT_REF      XEN_IOC('G', 1, struct ioctl_gntdev_unmap_grant_ref)
#define IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR XEN_IOC('G', 2, struct ioctl_gntdev_get_offset_for_vaddr)
#define IOCTL_GNTDEV_SET_MAX_GRANTS       XEN_IOC('G', 3, struct ioctl_gntdev_set_max_grants)
#define IOCTL_GNTDEV_SET_UNMAP_NOTIFY     XEN_IOC('G', 7, struct ioctl_gntdev_unmap_notify)
#define IOCTL_GNTDEV_GRANT_COPY           XEN_IOC('G', 8, struct ioctl_gntdev_grant_copy)
#define IOCTL_GNTDEV_DMABUF_EXP_FROM_REFS                                                          \
    _IOC(_IOC_NONE, 'G', 9, sizeof(struct ioctl_gntdev_dmabuf_exp_from_refs) + sizeof(uint32_t))
#define IOCTL_GNTDEV_DMABUF_EXP_WAIT_RELEASED                                                      \
    XEN_IOC('G', 10, struct ioctl_gntdev_dmabuf_exp_wait_released)
#define IOCTL_GNTDEV_DMABUF_IMP_TO_REFS                                                            \
    _IOC(_IOC_NONE, 'G', 11, sizeof(struct ioctl_gntdev_dmabuf_imp_to_refs) + sizeof(uint32_t))
#define IOCTL_GNTDEV_DMABUF_IMP_RELEASE XEN_IOC('G', 12, struct ioctl_gntdev_dmabuf_imp_release)

/* /dev/xen/gntalloc: granting own pages */
struct ioctl_gntalloc_alloc_gref {
    uint16_t domid;
    uint16_t flags;
    uint32_t count;
    uint64_t index;
    uint32_t gref_ids[1];
};

struct ioctl_gntalloc_dealloc_gref {
    uint64_t index;
    uint32_t count;
};

#define GNTALLOC_FLAG_WRITABLE          1
#define IOCTL_GNTALLOC_ALLOC_GREF       XEN_IOC('G', 5, struct ioctl_gntalloc_alloc_gref)
#define IOCTL_GNTALLOC_DEALLOC_GREF     XEN_IOC('G', 6, struct ioctl_gntalloc_dealloc_gref)
#define IOCTL_GNTALLOC_SET_UNMAP_NOTIFY XEN_IOC('G', 7, struct ioctl_gntdev_unmap_notify)

#define UNMAP_NOTIFY_CLEAR_BYTE 0x1
#define UNMAP_NOTIFY_SEND_EVENT 0x2

#endif
