/* SPDX-License-Identifier: MIT */
/* Names of XENFEAT_* and the strings that list them. */
#include <xen/features.h>
#include "internal.h"

static const char *const names[32] = {
    [XENFEAT_writable_page_tables] = "writable_page_tables",
    [XENFEAT_writable_descriptor_tables] = "writable_descriptor_tables",
    [XENFEAT_auto_translated_physmap] = "auto_translated_physmap",
    [XENFEAT_supervisor_mode_kernel] = "supervisor_mode_kernel",
    [XENFEAT_pae_pgdir_above_4gb] = "pae_pgdir_above_4gb",
    [XENFEAT_mmu_pt_update_preserve_ad] = "mmu_pt_update_preserve_ad",
    [XENFEAT_highmem_assist] = "highmem_assist",
    [XENFEAT_gnttab_map_avail_bits] = "gnttab_map_avail_bits",
    [XENFEAT_hvm_callback_vector] = "hvm_callback_vector",
    [XENFEAT_hvm_safe_pvclock] = "hvm_safe_pvclock",
    [XENFEAT_hvm_pirqs] = "hvm_pirqs",
    [XENFEAT_dom0] = "dom0",
    [XENFEAT_memory_op_vnode_supported] = "memory_op_vnode_supported",
    [XENFEAT_ARM_SMCCC_supported] = "ARM_SMCCC_supported",
    [XENFEAT_linux_rsdp_unrestricted] = "linux_rsdp_unrestricted",
    [XENFEAT_not_direct_mapped] = "not_direct_mapped",
    [XENFEAT_direct_mapped] = "direct_mapped",
};

const char *image_feature_name(unsigned int nr)
{
    return nr < 32 ? names[nr] : NULL;
}

static int number_of(const char *name, size_t len)
{
    for (int i = 0; i < 32; i++)
        if (names[i] && strlen(names[i]) == len && !memcmp(names[i], name, len))
            return i;
    return -1;
}

static void note_unknown(char *unknown, const char *name, size_t len)
{
    if (!unknown || unknown[0])
        return;
    if (len > IMAGE_NOTE_TEXT - 1)
        len = IMAGE_NOTE_TEXT - 1;
    memcpy(unknown, name, len);
    unknown[len] = '\0';
}

static void parse_one(const char *name, size_t len, uint32_t *supported, uint32_t *required,
                      char *unknown)
{
    bool must = len && name[0] == '!';
    int nr = -1;

    name += must;
    len -= must;
    if (!len)
        return;
    nr = number_of(name, len);
    if (nr < 0) {
        if (must)
            note_unknown(unknown, name, len);
        return; /* an optional feature that nobody knows is one that nobody gives */
    }
    *supported |= UINT32_C(1) << nr;
    if (must)
        *required |= UINT32_C(1) << nr;
}

void image_parse_features(const char *text, size_t len, uint32_t *supported, uint32_t *required,
                          char *unknown_required)
{
    size_t start = 0;

    for (size_t i = 0; i <= len; i++) {
        if (i < len && text[i] && text[i] != '|')
            continue;
        parse_one(text + start, i - start, supported, required, unknown_required);
        start = i + 1;
        if (i < len && !text[i])
            break;
    }
}
