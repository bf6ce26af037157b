/* SPDX-License-Identifier: MIT */
/*
 * A domain's memory and registers as an ELF core file: with the sections of Xen's dump-core format
 * (xen-doc's dump-core-format), which crash reads, and with the segments and notes of a common core
 * file, which gdb reads; virtual addresses there are the guest's physical ones.
 *
 * The file:  ELF header, program headers, notes for gdb, the sections in the order of the table
 * below, section headers.  Pages stand in the order of their frame numbers.
 */
#define XC_WANT_COMPAT_MAP_FOREIGN_API
#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/procfs.h>
#include <unistd.h>
#include <xen/elfnote.h>
#include <xen/version.h>
#include <xenctrl_compat.h>
#include "internal.h"

#define PAGE         4096u
#define ENTRIES      (PAGE / sizeof(xen_pfn_t)) /* frame numbers in a frame */
#define CHUNK        1024u                      /* pages written between looks at the event loop */
#define MAGIC_PV     0xf00febedu
#define MAGIC_HVM    0xf00febeeu
#define MAX_SEGMENTS 4096u /* a guest with more holes than that gets fewer, for gdb */
#define FORMAT       1u

enum section { NONE, NOTE, PRSTATUS, SHARED_INFO, FRAMES, PAGES, STRTAB, SECTIONS };

struct frame {
    uint64_t pfn, gmfn;
};

struct dump {
    libxl_ctx *ctx;
    struct ao *ao;
    uint32_t domid;
    char *path;
    int fd;
    bool paused; /* by us */
    bool translated;
    unsigned int vcpus;
    struct frame *frames; /* that the domain has, by pfn */
    size_t nr, room, next;
    vcpu_guest_context_any_t *contexts;
    shared_info_any_t *shared;
    Elf64_Shdr sections[SECTIONS];
    struct ev_time *step;
};

/* As the format has them. */
struct header_note {
    uint64_t magic, nr_vcpus, nr_pages, page_size;
};

struct version_note {
    uint64_t major, minor;
    xen_extraversion_t extra;
    xen_compile_info_t compile;
    xen_capabilities_info_t capabilities;
    xen_changeset_info_t changeset;
    xen_platform_parameters_t parameters;
    uint64_t pagesize;
};

/* Notes, one after the other. */
struct notes {
    size_t used;
    char bytes[8192];
};

/* Packed, as they follow each other in the file at multiples of 4. */
struct gdb_note {
    Elf64_Nhdr h;
    char name[8]; /* "CORE", padded */
    struct elf_prstatus desc;
} __attribute__((packed));

/* ---- errors ---- */

static int failed(struct dump *d, const char *what)
{
    FAIL(d->ctx, ERROR_FAIL, errno, "%s", what);
    xenerr_field(XENERR_STAGE, "dump core");
    xenerr_field(XENERR_FILE, "%s", d->path);
    return ERROR_FAIL;
}

static int put(struct dump *d, const void *data, size_t size, uint64_t at)
{
    const char *from = data;

    while (size) {
        ssize_t n = pwrite(d->fd, from, size, (off_t)at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return failed(d, "cannot write");
        from += n;
        at += (uint64_t)n;
        size -= (size_t)n;
    }
    return 0;
}

/* ---- which frames there are ---- */

static int add_frame(struct dump *d, uint64_t pfn, uint64_t gmfn)
{
    if (d->nr == d->room) {
        size_t room = d->room ? 2 * d->room : 8192;
        struct frame *bigger = realloc(d->frames, room * sizeof(*bigger));

        if (!bigger)
            return NO_MEMORY(d->ctx);
        d->frames = bigger;
        d->room = room;
    }
    d->frames[d->nr++] = (struct frame){pfn, gmfn};
    return 0;
}

static void *map(struct dump *d, xen_pfn_t frame)
{
    return xc_map_foreign_range(d->ctx->xch, d->domid, PAGE, PROT_READ, frame);
}

/* One frame of the table from pseudo-physical to machine frames, from entry `first` on. */
static int add_table(struct dump *d, xen_pfn_t table, uint64_t first, uint64_t end)
{
    xen_pfn_t *entries = map(d, table);
    int rc = 0;

    if (!entries)
        return 0; /* the guest's own mistake: what it does not describe is not dumped */
    for (size_t i = 0; i < ENTRIES && first + i < end && !rc; i++)
        if (entries[i] != INVALID_MFN && entries[i] < (xen_pfn_t)1 << 40)
            rc = add_frame(d, first + i, entries[i]);
    munmap(entries, PAGE);
    return rc;
}

static int add_list(struct dump *d, xen_pfn_t list, uint64_t first, uint64_t end)
{
    xen_pfn_t *tables = map(d, list);
    int rc = 0;

    if (!tables)
        return 0;
    for (size_t i = 0; i < ENTRIES && first + i * ENTRIES < end && !rc; i++)
        rc = add_table(d, tables[i], first + i * ENTRIES, end);
    munmap(tables, PAGE);
    return rc;
}

static int find_pv_frames(struct dump *d)
{
    uint64_t end = d->shared->x64.arch.max_pfn;
    xen_pfn_t *lists = map(d, d->shared->x64.arch.pfn_to_mfn_frame_list_list);
    int rc = 0;

    if (!lists || !end || end > (uint64_t)1 << 36) {
        errno = lists ? ENODATA : errno;
        rc = failed(d, "the guest does not say where its memory is");
    }
    for (size_t i = 0; i < ENTRIES && i * ENTRIES * ENTRIES < end && !rc; i++)
        rc = add_list(d, lists[i], i * ENTRIES * ENTRIES, end);
    if (lists)
        munmap(lists, PAGE);
    return rc;
}

/* A container's frames are tried; those that are not there have an error. */
static int find_translated_frames(struct dump *d)
{
    xen_pfn_t end = 0, frames[CHUNK];
    int errors[CHUNK], rc = 0;

    if (xc_domain_nr_gpfns(d->ctx->xch, d->domid, &end) < 0)
        return failed(d, "cannot tell how much memory the guest has");
    for (xen_pfn_t first = 0; first < end && !rc; first += CHUNK) {
        unsigned int n = end - first < CHUNK ? (unsigned int)(end - first) : CHUNK;
        void *pages;

        for (unsigned int i = 0; i < n; i++)
            frames[i] = first + i;
        pages = xc_map_foreign_bulk(d->ctx->xch, d->domid, PROT_READ, frames, errors, n);
        for (unsigned int i = 0; pages && i < n && !rc; i++)
            if (!errors[i])
                rc = add_frame(d, first + i, first + i);
        if (pages)
            munmap(pages, (size_t)n * PAGE);
    }
    return rc;
}

/* ---- registers ---- */

static int read_vcpus(struct dump *d, const xc_domaininfo_t *info)
{
    d->vcpus = info->max_vcpu_id + 1;
    d->contexts = calloc(d->vcpus, sizeof(*d->contexts));
    if (!d->contexts)
        return NO_MEMORY(d->ctx);
    /* One that was never started has none. */
    for (unsigned int i = 0; i < d->vcpus; i++)
        if (xc_vcpu_getcontext(d->ctx->xch, d->domid, i, &d->contexts[i]) && i == 0)
            return failed(d, "cannot read the registers");
    return 0;
}

static void fill_registers(struct user_regs_struct *to, const vcpu_guest_context_x86_64_t *context)
{
    const __typeof__(context->user_regs) *from = &context->user_regs;

    *to = (struct user_regs_struct){
        .r15 = from->r15,
        .r14 = from->r14,
        .r13 = from->r13,
        .r12 = from->r12,
        .rbp = from->rbp,
        .rbx = from->rbx,
        .r11 = from->r11,
        .r10 = from->r10,
        .r9 = from->r9,
        .r8 = from->r8,
        .rax = from->rax,
        .rcx = from->rcx,
        .rdx = from->rdx,
        .rsi = from->rsi,
        .rdi = from->rdi,
        .orig_rax = from->rax,
        .rip = from->rip,
        .cs = from->cs,
        .rsp = from->rsp,
        .ss = from->ss,
        .eflags = from->rflags,
        .ds = from->ds,
        .es = from->es,
        .fs = from->fs,
        .gs = from->gs,
    };
}

static struct gdb_note gdb_note(struct dump *d, unsigned int vcpu)
{
    struct gdb_note note = {
        .h = {.n_namesz = 5, .n_descsz = sizeof(note.desc), .n_type = NT_PRSTATUS},
        .name = "CORE",
        .desc = {.pr_pid = (pid_t)vcpu + 1},
    };
    struct user_regs_struct registers;

    fill_registers(&registers, &d->contexts[vcpu].x64);
    memcpy(&note.desc.pr_reg, &registers, sizeof(registers));
    return note;
}

/* ---- notes and headers ---- */

static void xen_note(struct notes *notes, unsigned int type, const void *desc, size_t size)
{
    Elf64_Nhdr h = {.n_namesz = 4, .n_descsz = (Elf64_Word)size, .n_type = type};

    memcpy(notes->bytes + notes->used, &h, sizeof(h));
    memcpy(notes->bytes + notes->used + sizeof(h), "Xen", 4);
    if (size)
        memcpy(notes->bytes + notes->used + sizeof(h) + 4, desc, size);
    notes->used += (sizeof(h) + 4 + size + 3) & ~(size_t)3;
}

static void read_version(xc_interface *xch, struct version_note *v)
{
    int version = xc_version(xch, XENVER_version, NULL);

    memset(v, 0, sizeof(*v));
    v->major = (uint64_t)version >> 16;
    v->minor = version & 0xffff;
    xc_version(xch, XENVER_extraversion, &v->extra);
    xc_version(xch, XENVER_compile_info, &v->compile);
    xc_version(xch, XENVER_capabilities, &v->capabilities);
    xc_version(xch, XENVER_changeset, &v->changeset);
    xc_version(xch, XENVER_platform_parameters, &v->parameters);
    v->pagesize = (uint64_t)xc_version(xch, XENVER_pagesize, NULL);
}

static void fill_notes(struct dump *d, struct notes *notes)
{
    const struct header_note header = {.magic = d->translated ? MAGIC_HVM : MAGIC_PV,
                                       .nr_vcpus = d->vcpus,
                                       .nr_pages = d->nr,
                                       .page_size = PAGE};
    const uint64_t format = FORMAT;
    struct version_note version;

    _Static_assert(sizeof(version) + sizeof(header) + 128 < sizeof(notes->bytes), "notes fit");
    read_version(d->ctx->xch, &version);
    memset(notes, 0, sizeof(*notes));
    xen_note(notes, XEN_ELFNOTE_DUMPCORE_NONE, NULL, 0);
    xen_note(notes, XEN_ELFNOTE_DUMPCORE_HEADER, &header, sizeof(header));
    xen_note(notes, XEN_ELFNOTE_DUMPCORE_XEN_VERSION, &version, sizeof(version));
    xen_note(notes, XEN_ELFNOTE_DUMPCORE_FORMAT_VERSION, &format, sizeof(format));
}

static uint64_t round_up(uint64_t n)
{
    return (n + PAGE - 1) & ~(uint64_t)(PAGE - 1);
}

static const char *const names[SECTIONS] = {
    [NONE] = "",
    [NOTE] = ".note.Xen",
    [PRSTATUS] = ".xen_prstatus",
    [SHARED_INFO] = ".xen_shared_info",
    [PAGES] = ".xen_pages",
    [STRTAB] = ".shstrtab",
};

/* All names, each after its section's place in the table. */
static size_t name_table(struct dump *d, char *table)
{
    size_t used = 0;

    for (int i = 0; i < SECTIONS; i++) {
        const char *name = i == FRAMES ? (d->translated ? ".xen_pfn" : ".xen_p2m") : names[i];

        d->sections[i].sh_name = (Elf64_Word)used;
        used += strlen(strcpy(table + used, name)) + 1;
    }
    return used;
}

static uint64_t place(struct dump *d, enum section s, unsigned int type, uint64_t at, uint64_t size,
                      uint64_t entry, uint64_t align)
{
    Elf64_Shdr *h = &d->sections[s];

    h->sh_type = type;
    h->sh_offset = at;
    h->sh_size = size;
    h->sh_entsize = entry;
    h->sh_addralign = align;
    return at + size;
}

/* Runs of frames that follow each other; what is beyond the last segment is in sections only. */
static size_t segments(struct dump *d, Elf64_Phdr *headers)
{
    size_t n = 0;

    for (size_t i = 0, run; i < d->nr && n < MAX_SEGMENTS; i += run) {
        for (run = 1; i + run < d->nr && d->frames[i + run].pfn == d->frames[i].pfn + run; run++)
            ;
        if (headers)
            headers[n] = (Elf64_Phdr){
                .p_type = PT_LOAD,
                .p_flags = PF_R | PF_W | PF_X,
                .p_offset = d->sections[PAGES].sh_offset + i * PAGE,
                .p_vaddr = d->frames[i].pfn * PAGE,
                .p_paddr = d->frames[i].pfn * PAGE,
                .p_filesz = run * PAGE,
                .p_memsz = run * PAGE,
                .p_align = PAGE,
            };
        n++;
    }
    return n;
}

static int put_frames(struct dump *d)
{
    uint64_t at = d->sections[FRAMES].sh_offset;
    int rc = 0;

    if (!d->translated)
        return put(d, d->frames, d->nr * sizeof(*d->frames), at);
    for (size_t i = 0; i < d->nr && !rc; i++)
        rc = put(d, &d->frames[i].pfn, sizeof(uint64_t), at + i * sizeof(uint64_t));
    return rc;
}

static int put_segments(struct dump *d, size_t nr, uint64_t notes_at)
{
    Elf64_Phdr *headers = calloc(nr + 1, sizeof(*headers));
    uint64_t size = (uint64_t)d->vcpus * sizeof(struct gdb_note);
    int rc = headers ? 0 : NO_MEMORY(d->ctx);

    for (unsigned int i = 0; i < d->vcpus && !rc; i++) {
        struct gdb_note note = gdb_note(d, i);

        rc = put(d, &note, sizeof(note), notes_at + i * sizeof(note));
    }
    if (!rc) {
        headers[0] =
            (Elf64_Phdr){.p_type = PT_NOTE, .p_offset = notes_at, .p_filesz = size, .p_align = 4};
        segments(d, headers + 1);
        rc = put(d, headers, (nr + 1) * sizeof(*headers), sizeof(Elf64_Ehdr));
    }
    free(headers);
    return rc;
}

static int put_headers(struct dump *d)
{
    size_t nr = segments(d, NULL), names_size;
    uint64_t at = sizeof(Elf64_Ehdr) + (nr + 1) * sizeof(Elf64_Phdr), notes_at = at;
    Elf64_Ehdr h = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
                                EV_CURRENT, ELFOSABI_SYSV},
                    .e_type = ET_CORE,
                    .e_machine = EM_X86_64,
                    .e_version = EV_CURRENT,
                    .e_phoff = sizeof(Elf64_Ehdr),
                    .e_ehsize = sizeof(Elf64_Ehdr),
                    .e_phentsize = sizeof(Elf64_Phdr),
                    .e_phnum = (Elf64_Half)(nr + 1),
                    .e_shentsize = sizeof(Elf64_Shdr),
                    .e_shnum = SECTIONS,
                    .e_shstrndx = STRTAB};
    uint64_t entry = d->translated ? sizeof(uint64_t) : sizeof(struct frame);
    uint64_t context = sizeof(d->contexts[0].x64);
    char table[128];
    struct notes notes;
    int rc = 0;

    fill_notes(d, &notes);
    names_size = name_table(d, table);
    at += (uint64_t)d->vcpus * sizeof(struct gdb_note);
    at = place(d, NOTE, SHT_NOTE, at, notes.used, 0, 4);
    at = place(d, PRSTATUS, SHT_PROGBITS, at, d->vcpus * context, context, 8);
    at = place(d, SHARED_INFO, SHT_PROGBITS, at, d->shared ? PAGE : 0, PAGE, 8);
    at = place(d, FRAMES, SHT_PROGBITS, at, d->nr * entry, entry, 8);
    at = place(d, STRTAB, SHT_STRTAB, at, names_size, 0, 1);
    at = place(d, PAGES, SHT_PROGBITS, round_up(at), d->nr * PAGE, PAGE, PAGE);
    h.e_shoff = at;
    rc = put(d, &h, sizeof(h), 0);
    if (!rc)
        rc = put_segments(d, nr, notes_at);
    if (!rc)
        rc = put(d, notes.bytes, notes.used, d->sections[NOTE].sh_offset);
    for (unsigned int i = 0; i < d->vcpus && !rc; i++)
        rc = put(d, &d->contexts[i].x64, context, d->sections[PRSTATUS].sh_offset + i * context);
    if (!rc && d->shared)
        rc = put(d, d->shared, PAGE, d->sections[SHARED_INFO].sh_offset);
    if (!rc)
        rc = put_frames(d);
    if (!rc)
        rc = put(d, table, names_size, d->sections[STRTAB].sh_offset);
    return rc ? rc : put(d, d->sections, sizeof(d->sections), h.e_shoff);
}

/* ---- pages ---- */

/* A frame that is gone meanwhile, or was never the domain's, stays zero. */
static int put_pages(struct dump *d, size_t first, unsigned int n)
{
    uint64_t at = d->sections[PAGES].sh_offset + first * PAGE;
    xen_pfn_t frames[CHUNK] = {0};
    int errors[CHUNK] = {0}, rc = 0;
    char *pages;

    for (unsigned int i = 0; i < n; i++)
        frames[i] = d->frames[first + i].gmfn;
    pages = xc_map_foreign_bulk(d->ctx->xch, d->domid, PROT_READ, frames, errors, n);
    if (!pages)
        return failed(d, "cannot map the guest's memory");
    for (unsigned int i = 0, run; i < n && !rc; i += run) {
        for (run = 1; i + run < n && !errors[i + run] == !errors[i]; run++)
            ;
        if (!errors[i])
            rc = put(d, pages + (size_t)i * PAGE, (size_t)run * PAGE, at + (uint64_t)i * PAGE);
    }
    munmap(pages, (size_t)n * PAGE);
    return rc;
}

/* ---- the operation ---- */

static void finish(struct dump *d, int rc)
{
    libxl_ctx *ctx = d->ctx;
    struct ao *ao = d->ao;

    if (d->fd >= 0 && close(d->fd) && !rc)
        rc = failed(d, "cannot write");
    if (rc && d->fd >= 0)
        unlink(d->path);
    if (d->paused)
        xc_domain_unpause(ctx->xch, d->domid);
    if (d->shared)
        munmap(d->shared, PAGE);
    if (rc)
        libxl__because(ctx, rc, "libxl_domain_core_dump", "cannot dump domain %" PRIu32, d->domid);
    libxl__ev_time_del(ctx, &d->step);
    free(d->contexts);
    free(d->frames);
    free(d->path);
    free(d);
    libxl__ao_done(ao, rc);
}

static void step(libxl_ctx *ctx, void *data)
{
    struct dump *d = data;
    size_t left = d->nr - d->next;
    unsigned int n = left < CHUNK ? (unsigned int)left : CHUNK;
    int rc;

    d->step = NULL;
    if (d->ao->aborted)
        rc = FAIL(ctx, ERROR_ABORTED, ECANCELED, "the manager asked to stop");
    else
        rc = n ? put_pages(d, d->next, n) : 0;
    d->next += n;
    if (rc || d->next == d->nr) {
        finish(d, rc);
        return;
    }
    d->step = libxl__ev_time_add(ctx, 0, step, d);
    if (!d->step)
        finish(d, ERROR_FAIL);
}

static int begin(struct dump *d)
{
    xc_domaininfo_t info;
    int rc = libxl__domain_get(d->ctx, d->domid, &info);

    if (rc)
        return rc;
    if (!(info.flags & (XEN_DOMINF_shutdown | XEN_DOMINF_paused))) {
        if (xc_domain_pause(d->ctx->xch, d->domid) < 0)
            return failed(d, "cannot stop the domain");
        d->paused = true;
    }
    d->translated = (info.flags & XEN_DOMINF_hvm_guest) != 0;
    d->shared = map(d, info.shared_info_frame);
    if (!d->shared && !d->translated)
        return failed(d, "cannot read what the guest shares");
    rc = read_vcpus(d, &info);
    if (!rc)
        rc = d->translated ? find_translated_frames(d) : find_pv_frames(d);
    if (rc)
        return rc;
    d->fd = open(d->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return d->fd < 0 ? failed(d, "cannot make the file") : put_headers(d);
}

int libxl_domain_core_dump(libxl_ctx *ctx, uint32_t domid, const char *filename,
                           const libxl_asyncop_how *ao_how)
{
    struct dump *d = NULL;
    struct ao *ao;
    int rc;

    libxl__enter(ctx);
    ao = libxl__ao_start(ctx, ao_how);
    d = ao ? calloc(1, sizeof(*d)) : NULL;
    if (!d || !(d->path = strdup(filename))) {
        free(d);
        rc = NO_MEMORY(ctx);
        if (ao)
            libxl__ao_done(ao, rc);
        goto out;
    }
    d->ctx = ctx;
    d->ao = ao;
    d->domid = domid;
    d->fd = -1;
    rc = begin(d);
    if (rc)
        finish(d, rc);
    else
        step(ctx, d);
    rc = ao ? libxl__ao_result(ao) : rc;
out:
    libxl__leave(ctx);
    return rc;
}
