/* SPDX-License-Identifier: MIT */
/* Reading the kernel, and what it says about itself. */
#include <stdio.h>
#include "dom/private.h"

/* What a PV guest gets from any Xen; a kernel may insist on these. */
#define PV_FEATURES                                                                                \
    (1u << XENFEAT_writable_page_tables | 1u << XENFEAT_writable_descriptor_tables |               \
     1u << XENFEAT_pae_pgdir_above_4gb | 1u << XENFEAT_mmu_pt_update_preserve_ad |                 \
     1u << XENFEAT_highmem_assist | 1u << XENFEAT_gnttab_map_avail_bits)

/* Turn what the image reader returned and said into an error of ours. */
static int bad_kernel(struct xc_dom_image *dom, int rc)
{
    xg__fail(dom->xch, -rc, "xc_dom_parse_image", "%s",
             xg_dom(dom)->message[0] ? xg_dom(dom)->message : "kernel cannot be read");
    if (xg_dom(dom)->kernel_path)
        xenerr_field(XENERR_FILE, "%s", xg_dom(dom)->kernel_path);
    return -1;
}

static int check_requested(struct xc_dom_image *dom, const struct image_xen_notes *notes)
{
    uint32_t missing = dom->f_requested[0] & ~notes->features_supported;

    for (unsigned int i = 0; i < 32; i++)
        if (missing & (1u << i))
            return fail(dom->xch, EOPNOTSUPP, "feature %s requested but the kernel lacks it",
                        image_feature_name(i) ? image_feature_name(i) : "?");
    dom->f_active[0] = notes->features_supported & PV_FEATURES;
    return 0;
}

static void describe(struct xc_dom_image *dom)
{
    const struct image_kernel *k = &xg_dom(dom)->kernel;

    xc_dom_printf(dom->xch,
                  "kernel: %s, %s %s, loader \"%s\", pages %#llx to %#llx, virtual base %#llx, "
                  "entry %#llx",
                  k->format, k->notes.guest_os, k->notes.guest_version, k->notes.loader,
                  (unsigned long long)k->phys_start >> XG_PAGE_SHIFT,
                  (unsigned long long)xg_pages(k->phys_end),
                  (unsigned long long)xc_dom_virt_base(dom),
                  (unsigned long long)xc_dom_virt_entry(dom));
}

/* Can the kernel be started in the container that the caller wants? */
static int check_kernel(struct xc_dom_image *dom, const struct image_env *env)
{
    struct image_kernel *kernel = &xg_dom(dom)->kernel;

    return xc_dom_translated(dom) ? image_check_pvh(env, kernel)
                                  : image_check_pv(env, kernel, PV_FEATURES);
}

PUBLIC int xc_dom_parse_image(struct xc_dom_image *dom)
{
    struct xg_dom *whole = xg_dom(dom);
    struct image_env env = xg_image_env(dom);
    int rc = 0;

    if (!dom->kernel_blob)
        return fail(dom->xch, EINVAL, "no kernel given");
    if (xc_dom_translated(dom) && dom->device_model)
        return fail(dom->xch, EOPNOTSUPP, "guests with a device model cannot be built yet");
    whole->message[0] = '\0';
    whole->parsed = false;
    image_close_kernel(&env, &whole->kernel);
    rc = image_open_kernel(&env, dom->kernel_blob, dom->kernel_size, &whole->kernel);
    if (!rc) {
        rc = check_kernel(dom, &env);
        if (rc)
            image_close_kernel(&env, &whole->kernel);
    }
    if (rc)
        return bad_kernel(dom, rc);
    whole->parsed = true;
    dom->guest_type = xc_dom_translated(dom) ? xg_arch_pvh.guest_type : xg_arch_pv64.guest_type;
    describe(dom);
    xg_log_lap(dom, "read kernel");
    if (!xc_dom_translated(dom) && check_requested(dom, &whole->kernel.notes))
        return -1;
    return xc_dom_set_arch_hooks(dom);
}

PUBLIC int xc_dom_kernel_elf(struct xc_dom_image *dom, const void **elf, size_t *len)
{
    if (!xg_dom(dom)->parsed)
        return fail(dom->xch, EINVAL, "the kernel was not parsed yet");
    *elf = xg_dom(dom)->kernel.elf;
    *len = xg_dom(dom)->kernel.elf_len;
    return 0;
}

PUBLIC int xc_dom_set_arch_hooks(struct xc_dom_image *dom)
{
    static struct xc_dom_arch *const kinds[] = {&xg_arch_pv64, &xg_arch_pvh};

    if (!dom->guest_type)
        return fail(dom->xch, EINVAL, "the kernel was not parsed yet");
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (!strcmp(kinds[i]->guest_type, dom->guest_type)) {
            dom->arch_hooks = kinds[i];
            return 0;
        }
    }
    return fail(dom->xch, EOPNOTSUPP, "no builder for guests of type %s", dom->guest_type);
}

/* Is @type one of the words in @caps? */
static bool lists(const char *caps, const char *type)
{
    size_t len = strlen(type);

    for (const char *p = caps; *p; p += strcspn(p, " ")) {
        p += strspn(p, " ");
        if (strcspn(p, " ") == len && !strncmp(p, type, len))
            return true;
    }
    return false;
}

PUBLIC int xc_dom_compat_check(struct xc_dom_image *dom)
{
    if (!dom->guest_type)
        return fail(dom->xch, EINVAL, "the kernel was not parsed yet");
    if (!lists(dom->xen_caps, dom->guest_type))
        return fail(dom->xch, EOPNOTSUPP, "the hypervisor runs no guests of type %s (it runs: %s)",
                    dom->guest_type, dom->xen_caps);
    return 0;
}

PUBLIC bool xc_dom_translated(const struct xc_dom_image *dom)
{
    return dom->container_type == XC_DOM_HVM_CONTAINER;
}

PUBLIC uint64_t xc_dom_virt_base(struct xc_dom_image *dom)
{
    return xc_dom_translated(dom) ? 0 : xg_dom(dom)->kernel.notes.virt_base;
}

PUBLIC uint64_t xc_dom_virt_entry(struct xc_dom_image *dom)
{
    const struct image_xen_notes *notes = &xg_dom(dom)->kernel.notes;

    return xc_dom_translated(dom) ? notes->phys32_entry : notes->entry;
}

PUBLIC uint64_t xc_dom_virt_hypercall(struct xc_dom_image *dom)
{
    return xg_dom(dom)->kernel.notes.hypercall_page;
}

PUBLIC char *xc_dom_guest_os(struct xc_dom_image *dom)
{
    char *os = xg_dom(dom)->kernel.notes.guest_os;

    return xg_dom(dom)->parsed && os[0] ? os : NULL;
}

PUBLIC bool xc_dom_feature_get(struct xc_dom_image *dom, unsigned int nr)
{
    return nr < 32 && (xg_dom(dom)->kernel.notes.features_supported & (1u << nr));
}
