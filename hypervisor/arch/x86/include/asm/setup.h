/* SPDX-License-Identifier: MIT */
/* Booting: what the boot loader gave us, and who is called when. */
#ifndef ASM_SETUP_H
#define ASM_SETUP_H

#include <hv/types.h>

struct boot_module {
    maddr_t start;
    size_t size;
    const char *cmdline; /* "" when there is none; what follows the file's name, if one is given */
};

#define MAX_BOOT_MODULES 8
extern struct boot_module boot_modules[MAX_BOOT_MODULES]; /* in order: dom0's kernel, its initrd */
extern unsigned int nr_boot_modules;

/* From head.S, on the BSP's stack, with idle_l4 loaded that maps the low 4 GiB three times: at 0, in
 * the image's slot and in the direct map. */
noreturn void __start_hv(uint32_t magic, maddr_t info);
/* multiboot.c: fills boot_e820, boot_modules; returns the command line ("": none). */
extern maddr_t boot_rsdp_hint; /* multiboot 2 passes a copy of it */
const char *multiboot_parse(uint32_t magic, maddr_t info);
/* mm.c: memory that is to be left alone by the heap. */
void boot_reserve(maddr_t start, maddr_t end);
/* Memory before there is a heap, in the (early) direct map, not zeroed; panics without. */
void *boot_alloc(size_t size, size_t align);
void mm_share_m2p(void); /* once there is dom_xen */
/* Give the memory of modules (dom0 has been built from them) and of .init sections to the heap.  A
 * module whose memory has become dom0's is left alone: its size has been set to 0. */
void free_boot_memory(void);

/* --- arch/x86/pv provides ----------------------------------------------------------------------- */
/* Construct dom0, not yet unpaused; interrupts are enabled. initrd: NULL: none.  0 or -errno. */
int pv_dom0_build(const struct boot_module *kernel, const struct boot_module *initrd);
/* On each CPU as it comes up, on its own stack: SYSCALL and SYSENTER MSRs. */
void pv_cpu_init(void);

/* Bounds of the image, from xen.lds. */
extern char __image_start[], __image_end[], __text_start[], __text_end[], __rodata_start[],
    __rodata_end[], __init_start[], __init_data_start[], __init_end[], __data_start[],
    __percpu_start[], __percpu_end[];

#endif
