/* SPDX-License-Identifier: MIT */
/* Starting another kernel; live patches. */
#include "private.h"

PUBLIC int xc_kexec_exec(xc_interface *xch, int type)
{
    xen_kexec_exec_t arg = {.type = type};

    return do_command(xch, __HYPERVISOR_kexec_op, KEXEC_CMD_kexec, &arg);
}

PUBLIC int xc_kexec_get_range(xc_interface *xch, int range, int nr, uint64_t *size, uint64_t *start)
{
    xen_kexec_range_t arg = {.range = range, .nr = nr};

    if (do_command(xch, __HYPERVISOR_kexec_op, KEXEC_CMD_kexec_get_range, &arg) < 0)
        return -1;
    *size = arg.size;
    *start = arg.start;
    return 0;
}

PUBLIC int xc_kexec_load(xc_interface *xch, uint8_t type, uint16_t arch, uint64_t entry_maddr,
                         uint32_t nr_segments, xen_kexec_segment_t *segments)
{
    xen_kexec_load_t arg = {
        .type = type, .arch = arch, .nr_segments = nr_segments, .entry_maddr = entry_maddr};
    struct bounce b;
    int rc;

    if (bounce(xch, &b, segments, nr_segments, BOUNCE_IN))
        return -1;
    set_xen_guest_handle_raw(arg.segments.h, b.buf);
    rc = do_command(xch, __HYPERVISOR_kexec_op, KEXEC_CMD_kexec_load, &arg);
    unbounce(xch, &b);
    return rc;
}

PUBLIC int xc_kexec_unload(xc_interface *xch, int type)
{
    xen_kexec_unload_t arg = {.type = type};

    return do_command(xch, __HYPERVISOR_kexec_op, KEXEC_CMD_kexec_unload, &arg);
}

PUBLIC int xc_kexec_status(xc_interface *xch, int type)
{
    xen_kexec_status_t arg = {.type = type};

    return do_command(xch, __HYPERVISOR_kexec_op, KEXEC_CMD_kexec_status, &arg);
}

/* Puts a patch's name where the hypervisor finds it.  Returns 0, or -1 with errno. */
static int set_name(xc_interface *xch, const char *operation, struct xen_livepatch_name *to,
                    const char *name, struct bounce *b)
{
    size_t size = strlen(name) + 1;

    memset(b, 0, sizeof(*b));
    if (size == 1 || size > XEN_LIVEPATCH_NAME_SIZE)
        return xc__fail(xch, EINVAL, operation, NULL, "a patch's name of %zu characters", size - 1);
    if (xc__bounce(xch, operation, b, name, size, 1, BOUNCE_IN))
        return -1;
    set_xen_guest_handle_raw(to->name, b->buf);
    to->size = size;
    return 0;
}

PUBLIC int xc_livepatch_upload(xc_interface *xch, char *name, unsigned char *payload, uint32_t size)
{
    struct xen_sysctl op = sysctl_for(XEN_SYSCTL_livepatch_op);
    struct bounce names = {0}, b = {0};
    int rc = -1;

    if (!name || !payload || !size)
        return fail(xch, EINVAL, "no patch");
    op.u.livepatch.cmd = XEN_SYSCTL_LIVEPATCH_UPLOAD;
    op.u.livepatch.u.upload.size = size;
    if (!set_name(xch, __func__, &op.u.livepatch.u.upload.name, name, &names) &&
        !bounce(xch, &b, payload, size, BOUNCE_IN)) {
        set_xen_guest_handle_raw(op.u.livepatch.u.upload.payload, b.buf);
        rc = do_sysctl(xch, &op);
    }
    unbounce(xch, &b);
    unbounce(xch, &names);
    return rc;
}

PUBLIC int xc_livepatch_get(xc_interface *xch, char *name, xen_livepatch_status_t *status)
{
    struct xen_sysctl op = sysctl_for(XEN_SYSCTL_livepatch_op);
    struct bounce names = {0};
    int rc = -1;

    if (!name)
        return fail(xch, EINVAL, "no name");
    op.u.livepatch.cmd = XEN_SYSCTL_LIVEPATCH_GET;
    if (!set_name(xch, __func__, &op.u.livepatch.u.get.name, name, &names))
        rc = do_sysctl(xch, &op);
    unbounce(xch, &names);
    if (!rc)
        *status = op.u.livepatch.u.get.status;
    return rc;
}

PUBLIC int xc_livepatch_list_get_sizes(xc_interface *xch, unsigned int *nr,
                                       uint32_t *name_total_size, uint32_t *metadata_total_size)
{
    struct xen_sysctl op = sysctl_for(XEN_SYSCTL_livepatch_op);

    if (!nr || !name_total_size || !metadata_total_size)
        return fail(xch, EINVAL, "no place for the answer");
    op.u.livepatch.cmd = XEN_SYSCTL_LIVEPATCH_LIST;
    if (do_sysctl(xch, &op))
        return -1;
    *nr = op.u.livepatch.u.list.nr;
    *name_total_size = op.u.livepatch.u.list.name_total_size;
    *metadata_total_size = op.u.livepatch.u.list.metadata_total_size;
    return 0;
}

static uint32_t sum(const uint32_t *sizes, unsigned int nr)
{
    uint32_t total = 0;

    while (nr--)
        total += *sizes++;
    return total;
}

struct patch_list {
    struct bounce status, name, len, metadata, metadata_len;
};

static int bounce_list(xc_interface *xch, const char *operation, struct patch_list *l,
                       unsigned int max, struct xen_livepatch_status *info, char *name,
                       uint32_t *len, uint32_t name_size, char *metadata, uint32_t *metadata_len,
                       uint32_t metadata_size)
{
    memset(l, 0, sizeof(*l));
    return xc__bounce(xch, operation, &l->status, info, max, sizeof(*info), BOUNCE_BOTH) ||
           xc__bounce(xch, operation, &l->name, name, name_size, 1, BOUNCE_BOTH) ||
           xc__bounce(xch, operation, &l->len, len, max, sizeof(*len), BOUNCE_BOTH) ||
           xc__bounce(xch, operation, &l->metadata, metadata, metadata_size, 1, BOUNCE_BOTH) ||
           xc__bounce(xch, operation, &l->metadata_len, metadata_len, max, sizeof(*metadata_len),
                      BOUNCE_BOTH);
}

static void unbounce_list(xc_interface *xch, struct patch_list *l)
{
    unbounce(xch, &l->metadata_len);
    unbounce(xch, &l->metadata);
    unbounce(xch, &l->len);
    unbounce(xch, &l->name);
    unbounce(xch, &l->status);
}

#define MAX_LIST_RESTARTS 8

/* Points one request at what is still to be filled. */
static void set_list(struct xen_sysctl_livepatch_list *list, const struct patch_list *l,
                     uint32_t done, uint32_t names, uint32_t metadata)
{
    set_xen_guest_handle_raw(list->status, (xen_livepatch_status_t *)l->status.buf + done);
    set_xen_guest_handle_raw(list->name, (char *)l->name.buf + names);
    set_xen_guest_handle_raw(list->len, (uint32_t *)l->len.buf + done);
    set_xen_guest_handle_raw(list->metadata, (char *)l->metadata.buf + metadata);
    set_xen_guest_handle_raw(list->metadata_len, (uint32_t *)l->metadata_len.buf + done);
}

PUBLIC int xc_livepatch_list(xc_interface *xch, const unsigned int max, const unsigned int start,
                             struct xen_livepatch_status *info, char *name, uint32_t *len,
                             const uint32_t name_total_size, char *metadata, uint32_t *metadata_len,
                             const uint32_t metadata_total_size, unsigned int *done,
                             unsigned int *left)
{
    uint32_t version = 0, names = 0, metas = 0;
    int rc = -1, restarts = 0;
    struct patch_list l;

    if (!max || !info || !name || !len || !metadata || !metadata_len || !done || !left)
        return fail(xch, EINVAL, "no room for a list");
    *done = *left = 0;
    if (bounce_list(xch, __func__, &l, max, info, name, len, name_total_size, metadata,
                    metadata_len, metadata_total_size))
        goto out;
    do {
        struct xen_sysctl op = sysctl_for(XEN_SYSCTL_livepatch_op);
        struct xen_sysctl_livepatch_list *list = &op.u.livepatch.u.list;

        op.u.livepatch.cmd = XEN_SYSCTL_LIVEPATCH_LIST;
        list->idx = start + *done;
        list->nr = max - *done;
        list->name_total_size = name_total_size - names;
        list->metadata_total_size = metadata_total_size - metas;
        set_list(list, &l, *done, names, metas);
        rc = do_sysctl(xch, &op);
        if (rc < 0)
            break;
        if (*done && list->version != version) {
            /* It changed meanwhile: what was read belongs to another list. */
            *done = names = metas = 0;
            rc = restarts++ < MAX_LIST_RESTARTS ? 1 : fail(xch, EAGAIN, "the list keeps changing");
            *left = rc > 0;
            continue;
        }
        if ((unsigned)rc > max - *done) {
            rc = fail(xch, EIO, "%d patches where %u were asked for", rc, max - *done);
            break;
        }
        version = list->version;
        names += sum((uint32_t *)l.len.buf + *done, rc);
        metas += sum((uint32_t *)l.metadata_len.buf + *done, rc);
        *done += rc;
        *left = list->nr;
        if (names > name_total_size || metas > metadata_total_size)
            rc = fail(xch, ENOBUFS, "no room for names or metadata");
    } while (rc > 0 && *done < max && *left);
out:
    unbounce_list(xch, &l);
    return rc < 0 ? -1 : 0;
}

static int action(xc_interface *xch, const char *operation, const char *name, uint32_t cmd,
                  uint32_t timeout, uint32_t flags)
{
    struct xen_sysctl op = sysctl_for(XEN_SYSCTL_livepatch_op);
    struct bounce names = {0};
    int rc = -1;

    if (!name)
        return xc__fail(xch, EINVAL, operation, NULL, "no name");
    op.u.livepatch.cmd = XEN_SYSCTL_LIVEPATCH_ACTION;
    op.u.livepatch.u.action.cmd = cmd;
    op.u.livepatch.u.action.timeout = timeout;
    op.u.livepatch.u.action.flags = flags;
    if (!set_name(xch, operation, &op.u.livepatch.u.action.name, name, &names))
        rc = xc__sysctl(xch, operation, &op);
    xc__unbounce(xch, &names);
    return rc;
}

PUBLIC int xc_livepatch_apply(xc_interface *xch, char *name, uint32_t timeout, uint32_t flags)
{
    return action(xch, __func__, name, LIVEPATCH_ACTION_APPLY, timeout, flags);
}

PUBLIC int xc_livepatch_revert(xc_interface *xch, char *name, uint32_t timeout, uint32_t flags)
{
    return action(xch, __func__, name, LIVEPATCH_ACTION_REVERT, timeout, flags);
}

PUBLIC int xc_livepatch_unload(xc_interface *xch, char *name, uint32_t timeout, uint32_t flags)
{
    return action(xch, __func__, name, LIVEPATCH_ACTION_UNLOAD, timeout, flags);
}

PUBLIC int xc_livepatch_replace(xc_interface *xch, char *name, uint32_t timeout, uint32_t flags)
{
    return action(xch, __func__, name, LIVEPATCH_ACTION_REPLACE, timeout, flags);
}
