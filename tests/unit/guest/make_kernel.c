/* SPDX-License-Identifier: MIT */
#include <bzlib.h>
#include <elf.h>
#include <lz4.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <xen/elfnote.h>
#include <zlib.h>
#include <zstd.h>
#include "make_kernel.h"

static void need(bool ok)
{
    if (!ok)
        abort();
}

static void append(struct bytes *b, const void *data, size_t len)
{
    uint8_t *bigger = realloc(b->data, b->len + len + 1);

    need(bigger);
    b->data = bigger;
    if (data)
        memcpy(b->data + b->len, data, len);
    else
        memset(b->data + b->len, 0, len);
    b->len += len;
}

void free_bytes(struct bytes *b)
{
    free(b->data);
    *b = (struct bytes){0};
}

uint8_t text_byte(size_t i)
{
    uint32_t x = (uint32_t)i * 2654435761u;

    return (x ^ x >> 15) >> 9 & 0x1f; /* compresses about as well as code does */
}

static void note(struct bytes *b, uint32_t type, const void *desc, uint32_t len)
{
    uint32_t head[3] = {4, len, type};

    append(b, head, sizeof(head));
    append(b, "Xen", 4);
    append(b, desc, len);
    append(b, NULL, (4 - len % 4) % 4);
}

static void number(struct bytes *b, uint32_t type, uint64_t value)
{
    note(b, type, &value, 8);
}

static void text(struct bytes *b, uint32_t type, const char *value)
{
    note(b, type, value, (uint32_t)strlen(value) + 1);
}

static struct bytes make_notes(const struct kernel_spec *s, uint64_t phys)
{
    struct bytes b = {0};
    uint64_t base = s->virt_base ? s->virt_base : LINUX_BASE;
    uint32_t phys32 = (uint32_t)(s->phys32_entry ? s->phys32_entry : phys);

    if (s->phys32_only) {
        note(&b, XEN_ELFNOTE_PHYS32_ENTRY, &phys32, 4);
        return b;
    }
    text(&b, XEN_ELFNOTE_GUEST_OS, "linux");
    text(&b, XEN_ELFNOTE_XEN_VERSION, s->xen_version ? s->xen_version : "xen-3.0");
    number(&b, XEN_ELFNOTE_VIRT_BASE, base);
    if (!s->no_entry)
        number(&b, XEN_ELFNOTE_ENTRY, base + phys + 64);
    if (s->hypercall_page)
        number(&b, XEN_ELFNOTE_HYPERCALL_PAGE, base + phys + 4096);
    if (s->init_p2m)
        number(&b, XEN_ELFNOTE_INIT_P2M, s->init_p2m);
    if (s->mod_start_pfn)
        number(&b, XEN_ELFNOTE_MOD_START_PFN, 1);
    if (s->features)
        text(&b, XEN_ELFNOTE_FEATURES, s->features);
    if (s->paddr_offset)
        number(&b, XEN_ELFNOTE_PADDR_OFFSET, s->paddr_offset);
    text(&b, XEN_ELFNOTE_LOADER, "generic");
    if (s->phys32)
        note(&b, XEN_ELFNOTE_PHYS32_ENTRY, &phys32, 4);
    return b;
}

static void put_header64(struct bytes *b, const struct kernel_spec *s, uint64_t entry,
                         uint16_t phnum, uint64_t shoff)
{
    Elf64_Ehdr h = {.e_type = ET_EXEC,
                    .e_machine = s->machine ? s->machine : EM_X86_64,
                    .e_version = 1,
                    .e_entry = entry,
                    .e_phoff = sizeof(h),
                    .e_shoff = shoff,
                    .e_ehsize = sizeof(h),
                    .e_phentsize = sizeof(Elf64_Phdr),
                    .e_phnum = phnum,
                    .e_shentsize = sizeof(Elf64_Shdr),
                    .e_shnum = shoff ? 1 : 0};

    memcpy(h.e_ident, "\177ELF\2\1\1", 7);
    append(b, &h, sizeof(h));
}

static void put_header32(struct bytes *b, const struct kernel_spec *s, uint32_t entry,
                         uint16_t phnum)
{
    Elf32_Ehdr h = {.e_type = ET_EXEC,
                    .e_machine = s->machine ? s->machine : EM_386,
                    .e_version = 1,
                    .e_entry = entry,
                    .e_phoff = sizeof(h),
                    .e_ehsize = sizeof(h),
                    .e_phentsize = sizeof(Elf32_Phdr),
                    .e_phnum = phnum};

    memcpy(h.e_ident, "\177ELF\1\1\1", 7);
    append(b, &h, sizeof(h));
}

static void put_phdr(struct bytes *b, bool elf32, uint32_t type, uint64_t off, uint64_t paddr,
                     uint64_t filesz, uint64_t memsz)
{
    Elf64_Phdr p = {.p_type = type,
                    .p_flags = PF_R | PF_X,
                    .p_offset = off,
                    .p_paddr = paddr,
                    .p_filesz = filesz,
                    .p_memsz = memsz};
    Elf32_Phdr q = {.p_type = type,
                    .p_flags = PF_R | PF_X,
                    .p_offset = (uint32_t)off,
                    .p_paddr = (uint32_t)paddr,
                    .p_filesz = (uint32_t)filesz,
                    .p_memsz = (uint32_t)memsz};

    append(b, elf32 ? (void *)&q : (void *)&p, elf32 ? sizeof(q) : sizeof(p));
}

/* Two segments with a gap: text and bss, then a small one further up. */
struct bytes make_elf(const struct kernel_spec *s)
{
    struct bytes b = {0};
    uint64_t phys = s->phys ? s->phys : LINUX_PHYS;
    size_t text_len = s->text_len ? s->text_len : TEXT_LEN;
    struct bytes notes = make_notes(s, phys);
    uint64_t second = phys + ((text_len + s->bss_len + SECOND_GAP + 4095) & ~UINT64_C(4095));
    uint16_t phnum = s->no_notes || s->sections_only ? 2 : 3;
    size_t head = s->elf32 ? sizeof(Elf32_Ehdr) + phnum * sizeof(Elf32_Phdr)
                           : sizeof(Elf64_Ehdr) + phnum * sizeof(Elf64_Phdr);
    Elf64_Shdr section = {.sh_type = SHT_NOTE, .sh_size = notes.len};
    uint64_t entry = (s->virt_base ? s->virt_base : LINUX_BASE) + phys + 64;

    section.sh_offset = head + text_len + SECOND_LEN;
    if (s->elf32)
        put_header32(&b, s, (uint32_t)entry, phnum);
    else
        put_header64(&b, s, entry, phnum, s->sections_only ? section.sh_offset + notes.len : 0);
    put_phdr(&b, s->elf32, PT_LOAD, head, phys + s->paddr_offset, text_len, text_len + s->bss_len);
    put_phdr(&b, s->elf32, PT_LOAD, head + text_len, second + s->paddr_offset, SECOND_LEN,
             SECOND_LEN);
    if (phnum == 3)
        put_phdr(&b, s->elf32, PT_NOTE, section.sh_offset, 0, notes.len, notes.len);
    append(&b, NULL, text_len + SECOND_LEN);
    for (size_t i = 0; i < text_len + SECOND_LEN; i++)
        b.data[head + i] = text_byte(i);
    if (!s->no_notes)
        append(&b, notes.data, notes.len);
    if (s->sections_only)
        append(&b, &section, sizeof(section));
    free_bytes(&notes);
    return b;
}

static struct bytes gzip_bytes(struct bytes in)
{
    z_stream z = {0};
    struct bytes out = {malloc(in.len + 1000), 0};

    need(out.data && deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    z.next_in = in.data;
    z.avail_in = (uInt)in.len;
    z.next_out = out.data;
    z.avail_out = (uInt)in.len + 1000;
    need(deflate(&z, Z_FINISH) == Z_STREAM_END);
    out.len = z.total_out;
    deflateEnd(&z);
    return out;
}

static struct bytes lzma_bytes(struct bytes in, bool alone)
{
    lzma_stream s = LZMA_STREAM_INIT;
    lzma_options_lzma options;
    struct bytes out = {malloc(in.len + 10000), 0};

    need(out.data && !lzma_lzma_preset(&options, 1));
    need((alone ? lzma_alone_encoder(&s, &options) : lzma_easy_encoder(&s, 1, LZMA_CHECK_CRC32)) ==
         LZMA_OK);
    s.next_in = in.data;
    s.avail_in = in.len;
    s.next_out = out.data;
    s.avail_out = in.len + 10000;
    need(lzma_code(&s, LZMA_FINISH) == LZMA_STREAM_END);
    out.len = s.total_out;
    lzma_end(&s);
    return out;
}

/* Linux's lz4 is the legacy frame: chunks of 8 MiB. */
static struct bytes lz4_bytes(struct bytes in)
{
    struct bytes out = {0};
    uint32_t magic = 0x184c2102;

    append(&out, &magic, 4);
    for (size_t pos = 0; pos < in.len; pos += 8u << 20) {
        int chunk = in.len - pos < 8u << 20 ? (int)(in.len - pos) : 8 << 20;
        char *buf = malloc((size_t)LZ4_compressBound(chunk));
        uint32_t len = 0;

        need(buf);
        len = (uint32_t)LZ4_compress_default((char *)in.data + pos, buf, chunk,
                                             LZ4_compressBound(chunk));
        append(&out, &len, 4);
        append(&out, buf, len);
        free(buf);
    }
    return out;
}

static struct bytes zstd_bytes(struct bytes in)
{
    struct bytes out = {malloc(ZSTD_compressBound(in.len)), 0};

    need(out.data);
    out.len = ZSTD_compress(out.data, ZSTD_compressBound(in.len), in.data, in.len, 3);
    need(!ZSTD_isError(out.len));
    return out;
}

static struct bytes bzip2_bytes(struct bytes in)
{
    unsigned int len = (unsigned int)(in.len + in.len / 50 + 1000);
    struct bytes out = {malloc(len), 0};

    need(out.data && BZ2_bzBuffToBuffCompress((char *)out.data, &len, (char *)in.data,
                                              (unsigned int)in.len, 1, 0, 0) == BZ_OK);
    out.len = len;
    return out;
}

struct bytes compress_bytes(const char *format, struct bytes in)
{
    struct bytes copy = {0};

    if (!strcmp(format, "gzip"))
        return gzip_bytes(in);
    if (!strcmp(format, "xz") || !strcmp(format, "lzma"))
        return lzma_bytes(in, format[0] == 'l');
    if (!strcmp(format, "zstd"))
        return zstd_bytes(in);
    if (!strcmp(format, "lz4"))
        return lz4_bytes(in);
    if (!strcmp(format, "bzip2"))
        return bzip2_bytes(in);
    append(&copy, in.data, in.len);
    return copy;
}

struct bytes make_bzimage(struct bytes payload)
{
    struct bytes b = {0};
    uint32_t offset = 100;
    uint32_t len = (uint32_t)payload.len;

    append(&b, NULL, 3 * 512 + offset);
    b.data[0x1f1] = 2; /* setup sectors beside the boot sector */
    memcpy(b.data + 0x1fe, "\x55\xaaxxHdrS\x0f\x02", 10);
    memcpy(b.data + 0x248, &offset, 4);
    memcpy(b.data + 0x24c, &len, 4);
    append(&b, payload.data, payload.len);
    return b;
}

struct bytes make_kernel(const struct kernel_spec *spec, const char *format)
{
    struct bytes elf = make_elf(spec);
    struct bytes payload = compress_bytes(format, elf);
    struct bytes bz = {0};
    uint32_t len = (uint32_t)elf.len;

    if (strcmp(format, "none") && strcmp(format, "gzip"))
        append(&payload, &len, 4);
    bz = make_bzimage(payload);
    free_bytes(&elf);
    free_bytes(&payload);
    return bz;
}
