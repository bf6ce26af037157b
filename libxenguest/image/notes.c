/* SPDX-License-Identifier: MIT */
/* Xen's ELF notes: what a kernel says about how it wants to be started. */
#include <xen/elfnote.h>
#include "internal.h"

#define NOTE_HEADER 12 /* name size, descriptor size, type */

/* Advance *pos over @size bytes, padded to four. */
static bool skip(size_t *pos, size_t len, uint32_t size)
{
    if (!image_within(*pos, size, len))
        return false;
    *pos += size;
    /* The padding of the last note may be missing. */
    for (int i = 0; i < 3 && (*pos & 3) && *pos < len; i++)
        ++*pos;
    return true;
}

bool image_next_note(const uint8_t *area, size_t len, size_t *pos, struct image_note *note)
{
    uint32_t name_len = 0;

    if (!image_within(*pos, NOTE_HEADER, len))
        return false;
    name_len = image_get32(area + *pos);
    note->desc_len = image_get32(area + *pos + 4);
    note->type = image_get32(area + *pos + 8);
    *pos += NOTE_HEADER;
    note->name = name_len ? (const char *)area + *pos : "";
    if (!skip(pos, len, name_len) || (name_len && note->name[name_len - 1] != '\0'))
        return false;
    note->desc = area + *pos;
    return skip(pos, len, note->desc_len);
}

/* A number may be written in any of the usual widths. */
static int get_number(const struct image_env *env, const struct image_note *note, uint64_t *value)
{
    switch (note->desc_len) {
    case 1:
        *value = note->desc[0];
        return 0;
    case 2:
        *value = image_get16(note->desc);
        return 0;
    case 4:
        *value = image_get32(note->desc);
        return 0;
    case 8:
        *value = image_get64(note->desc);
        return 0;
    default:
        return image_fail(env, XEN_EINVAL, "a numeric Xen ELF note has a wrong size", NULL);
    }
}

static void get_text(const struct image_note *note, char *text)
{
    size_t n = 0;

    while (n < note->desc_len && n < IMAGE_NOTE_TEXT - 1 && note->desc[n]) {
        text[n] = (char)note->desc[n];
        n++;
    }
    text[n] = '\0';
}

/* A flag is a number, or a text that is "yes". */
static bool get_flag(const struct image_note *note)
{
    uint8_t any = 0;

    if (note->desc_len && note->desc[0] >= 'A')
        return note->desc_len >= 3 && !memcmp(note->desc, "yes", 3);
    for (uint32_t i = 0; i < note->desc_len && i < 8; i++)
        any |= note->desc[i];
    return any;
}

static enum image_pae get_pae(const struct image_note *note)
{
    char text[IMAGE_NOTE_TEXT];

    get_text(note, text);
    if (!strcmp(text, "yes"))
        return IMAGE_PAE_YES;
    if (!strcmp(text, "bimodal"))
        return IMAGE_PAE_BIMODAL;
    return strncmp(text, "yes[extended-cr3]", 17) ? IMAGE_PAE_NO : IMAGE_PAE_EXTENDED_CR3;
}

/* Pairs of mask and value of a valid page-table entry; of 4 or 8 bytes each. */
static void get_l1_valid(const struct image_note *note, struct image_xen_notes *n)
{
    if (note->desc_len >= 16) {
        n->l1_mfn_valid_mask = image_get64(note->desc);
        n->l1_mfn_valid_value = image_get64(note->desc + 8);
    } else if (note->desc_len >= 8) {
        n->l1_mfn_valid_mask = image_get32(note->desc);
        n->l1_mfn_valid_value = image_get32(note->desc + 4);
    }
}

static uint64_t *number_field(struct image_xen_notes *n, uint32_t type)
{
    switch (type) {
    case XEN_ELFNOTE_ENTRY:
        return &n->entry;
    case XEN_ELFNOTE_HYPERCALL_PAGE:
        return &n->hypercall_page;
    case XEN_ELFNOTE_VIRT_BASE:
        return &n->virt_base;
    case XEN_ELFNOTE_PADDR_OFFSET:
        return &n->paddr_offset;
    case XEN_ELFNOTE_HV_START_LOW:
        return &n->hv_start_low;
    case XEN_ELFNOTE_INIT_P2M:
        return &n->init_p2m;
    case XEN_ELFNOTE_PHYS32_ENTRY:
        return &n->phys32_entry;
    default:
        return NULL;
    }
}

static char *text_field(struct image_xen_notes *n, uint32_t type)
{
    switch (type) {
    case XEN_ELFNOTE_XEN_VERSION:
        return n->xen_version;
    case XEN_ELFNOTE_GUEST_OS:
        return n->guest_os;
    case XEN_ELFNOTE_GUEST_VERSION:
        return n->guest_version;
    case XEN_ELFNOTE_LOADER:
        return n->loader;
    default:
        return NULL;
    }
}

static int decode_rest(const struct image_env *env, const struct image_note *note,
                       struct image_xen_notes *n)
{
    uint64_t value = 0;
    int rc = 0;

    switch (note->type) {
    case XEN_ELFNOTE_PAE_MODE:
        n->pae = get_pae(note);
        break;
    case XEN_ELFNOTE_FEATURES:
        image_parse_features((const char *)note->desc, note->desc_len, &n->features_supported,
                             &n->features_required, n->unknown_required);
        break;
    case XEN_ELFNOTE_SUPPORTED_FEATURES:
        rc = get_number(env, note, &value);
        n->features_supported |= (uint32_t)value;
        break;
    case XEN_ELFNOTE_BSD_SYMTAB:
        n->bsd_symtab = get_flag(note);
        break;
    case XEN_ELFNOTE_L1_MFN_VALID:
        get_l1_valid(note, n);
        break;
    case XEN_ELFNOTE_SUSPEND_CANCEL:
        n->suspend_cancel = get_flag(note);
        break;
    case XEN_ELFNOTE_MOD_START_PFN:
        n->mod_start_pfn = get_flag(note);
        break;
    default:
        break;
    }
    return rc;
}

static int decode(const struct image_env *env, const struct image_note *note,
                  struct image_xen_notes *n)
{
    uint64_t *number = number_field(n, note->type);
    char *text = text_field(n, note->type);

    if (note->type > XEN_ELFNOTE_MAX)
        return 0;
    n->present |= UINT32_C(1) << note->type;
    if (number)
        return get_number(env, note, number);
    if (text)
        get_text(note, text);
    return decode_rest(env, note, n);
}

int image_parse_notes(const struct image_env *env, struct image_kernel *kernel, const uint8_t *area,
                      size_t len)
{
    struct image_note note = {0};
    size_t pos = 0;
    int rc = 0;

    while (!rc && image_next_note(area, len, &pos, &note))
        if (!strcmp(note.name, "Xen"))
            rc = decode(env, &note, &kernel->notes);
    return rc;
}
