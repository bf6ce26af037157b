/* SPDX-License-Identifier: MIT */
/* What the boot loader tells: multiboot 1 (QEMU, GRUB's `multiboot`) and 2 (`multiboot2`).  The
 * structures are those of the two specifications.  All pointers are below 4 GiB. */
#include <asm/e820.h>
#include <asm/mm.h>
#include <asm/setup.h>
#include <hv/printk.h>
#include <hv/string.h>

#define MB1_BOOT_MAGIC 0x2badb002
#define MB2_BOOT_MAGIC 0x36d76289

struct boot_module boot_modules[MAX_BOOT_MODULES];
unsigned int nr_boot_modules;
static __initdata char
    boot_strings[4096]; /* command lines: their memory may be used for other things */
static __initdata size_t boot_strings_used;
static __initdata char hv_cmdline[2048];
maddr_t boot_rsdp_hint;

static __init const char *keep_string(const char *s)
{
    size_t len = strlen(s), room = sizeof(boot_strings) - boot_strings_used;
    char *p = boot_strings + boot_strings_used;

    if (len >= room)
        return "";
    memcpy(p, s, len + 1);
    boot_strings_used += len + 1;
    return p;
}

static __initdata bool first_word_is_file;

/* QEMU and GRUB 1 put the file's name first, which is no option; GRUB 2 leaves it out, and its
 * scripts put the word "placeholder" there for the sake of those who expect it. */
static __init const char *skip_file_name(const char *s)
{
    size_t len = strcspn(s, " ");
    bool is_path = (memchr(s, '/', len) || *s == '(') && !memchr(s, '=', len);

    if (first_word_is_file || is_path || (len == 11 && !memcmp(s, "placeholder", 11)))
        s += len + (s[len] == ' ');
    return s;
}

static __init void add_module(maddr_t start, maddr_t end, const char *cmdline)
{
    if (nr_boot_modules == MAX_BOOT_MODULES || end <= start)
        return;
    boot_modules[nr_boot_modules++] =
        (struct boot_module){start, end - start, keep_string(skip_file_name(cmdline))};
    boot_reserve(start, end);
}

struct mb1_info {
    uint32_t flags, mem_lower, mem_upper, boot_device, cmdline, mods_count, mods_addr, syms[4];
    uint32_t mmap_length, mmap_addr, drives_length, drives_addr, config_table, boot_loader_name;
};
struct mb1_module {
    uint32_t start, end, cmdline, reserved;
};
struct mb1_mmap {
    uint32_t size;
    uint64_t addr, len;
    uint32_t type;
} __attribute__((packed));

static __init void parse_mb1(const struct mb1_info *info)
{
    const struct mb1_module *mod = maddr_to_virt(info->mods_addr);
    uint32_t at = info->mmap_addr, end = at + info->mmap_length;

    if (info->flags & BIT(9))
        first_word_is_file = !strcmp(maddr_to_virt(info->boot_loader_name), "qemu");
    if (info->flags & BIT(2))
        hv_strlcpy(hv_cmdline, maddr_to_virt(info->cmdline), sizeof(hv_cmdline));
    if (info->flags & BIT(6)) {
        while (at + sizeof(struct mb1_mmap) <= end) {
            const struct mb1_mmap *m = maddr_to_virt(at);
            e820_add(m->addr, m->len, m->type);
            at += m->size + 4;
        }
    } else if (info->flags & BIT(0)) {
        e820_add(0, info->mem_lower * 1024UL, E820_RAM);
        e820_add(0x100000, info->mem_upper * 1024UL, E820_RAM);
    }
    if (info->flags & BIT(3))
        for (unsigned int i = 0; i < info->mods_count; i++)
            add_module(mod[i].start, mod[i].end,
                       mod[i].cmdline ? maddr_to_virt(mod[i].cmdline) : "");
}

enum { MB2_END = 0, MB2_CMDLINE = 1, MB2_MODULE = 3, MB2_MMAP = 6, MB2_ACPI1 = 14, MB2_ACPI2 = 15 };
struct mb2_tag {
    uint32_t type, size;
};
struct mb2_module {
    struct mb2_tag tag;
    uint32_t start, end;
    char cmdline[];
};
struct mb2_mmap {
    struct mb2_tag tag;
    uint32_t entry_size, entry_version;
    struct {
        uint64_t addr, len;
        uint32_t type, reserved;
    } entry[];
};

static __init void parse_mb2_mmap(const struct mb2_mmap *m)
{
    const char *e = (const char *)m->entry, *end = (const char *)m + m->tag.size;

    for (; m->entry_size >= 24 && e + m->entry_size <= end; e += m->entry_size) {
        const __typeof__(m->entry[0]) *entry = (const void *)e;
        e820_add(entry->addr, entry->len, entry->type);
    }
}

/* The second version of it, which comes last, replaces the first.  Where the loader has put it is
 * free memory to us. */
static __init void keep_rsdp(const void *rsdp, size_t size)
{
    static __initdata char copy[64];

    memcpy(copy, rsdp, min(size, sizeof(copy)));
    boot_rsdp_hint = virt_to_maddr(copy);
}

static __init void parse_mb2(const char *info)
{
    const char *end = info + *(const uint32_t *)info;
    const struct mb2_tag *t = (const void *)(info + 8);

    for (; (const char *)t + sizeof(*t) <= end && t->type != MB2_END && t->size >= sizeof(*t);
         t = (const void *)((const char *)t + ROUND_UP(t->size, 8))) {
        const struct mb2_module *mod = (const void *)t;

        switch (t->type) {
        case MB2_CMDLINE:
            hv_strlcpy(hv_cmdline, (const char *)(t + 1), sizeof(hv_cmdline));
            break;
        case MB2_MODULE:
            add_module(mod->start, mod->end, mod->cmdline);
            break;
        case MB2_MMAP:
            parse_mb2_mmap((const void *)t);
            break;
        case MB2_ACPI1:
        case MB2_ACPI2: /* a copy of the RSDP */
            keep_rsdp(t + 1, t->size - sizeof(*t));
            break;
        }
    }
}

__init const char *multiboot_parse(uint32_t magic, maddr_t info)
{
    const char *cmdline;

    if (magic == MB1_BOOT_MAGIC)
        parse_mb1(maddr_to_virt(info));
    else if (magic == MB2_BOOT_MAGIC)
        parse_mb2(maddr_to_virt(info));
    else
        panic("Not started by a multiboot loader");
    e820_sanitise();
    cmdline = skip_file_name(hv_cmdline);
    first_word_is_file = false;
    return skip_file_name(cmdline); /* "xen placeholder ..." */
}
