/* SPDX-License-Identifier: MIT */
/* What the boot CPU can do; the others are alike. */
#ifndef ASM_CPUFEATURE_H
#define ASM_CPUFEATURE_H

#include <hv/types.h>

enum cpu_vendor { VENDOR_UNKNOWN, VENDOR_INTEL, VENDOR_AMD, VENDOR_HYGON };

/* Registers of CPUID leaves as the processor gives them, before anything of ours is masked. */
enum cpuid_word {
    CPUID_1c,
    CPUID_1d,
    CPUID_7b,
    CPUID_7c,
    CPUID_7d,
    CPUID_Da1,
    CPUID_e1c,
    CPUID_e1d,
    CPUID_e7d,
    CPUID_e8b,
    NR_CPUID_WORDS
};
struct cpu_data {
    enum cpu_vendor vendor;
    char vendor_id[13], brand[49];
    uint32_t signature; /* leaf 1 eax */
    unsigned int family, model, stepping;
    uint32_t max_leaf, max_ext_leaf;
    unsigned int phys_bits;
    uint32_t word[NR_CPUID_WORDS];
    uint64_t xcr0_mask;  /* what XCR0 may hold and we let guests use; 0: no XSAVE */
    uint32_t xsave_size; /* of an area for all of that */
};
extern struct cpu_data boot_cpu;
void cpu_identify(void);     /* BSP: fills boot_cpu */
void cpu_init_control(void); /* each CPU: EFER, CR0, CR4, PAT, XCR0 */
extern unsigned long hv_cr4; /* what CR4 holds while no guest asks for more */

#define FEATURE(word, bit) ((word)*32 + (bit))
#define cpu_has(f)         ((boot_cpu.word[(f) / 32] >> ((f) % 32)) & 1)

#define FEATURE_XSAVE        FEATURE(CPUID_1c, 26)
#define FEATURE_X2APIC       FEATURE(CPUID_1c, 21)
#define FEATURE_TSC_DEADLINE FEATURE(CPUID_1c, 24)
#define FEATURE_PAT          FEATURE(CPUID_1d, 16)
#define FEATURE_PGE          FEATURE(CPUID_1d, 13)
#define FEATURE_MCE          FEATURE(CPUID_1d, 7)
#define FEATURE_SMEP         FEATURE(CPUID_7b, 7)
#define FEATURE_ERMS         FEATURE(CPUID_7b, 9)
#define FEATURE_NX           FEATURE(CPUID_e1d, 20)
#define FEATURE_PAGE1GB      FEATURE(CPUID_e1d, 26)
#define FEATURE_RDTSCP       FEATURE(CPUID_e1d, 27)
#define FEATURE_SVM          FEATURE(CPUID_e1c, 2)

#define cpu_has_xsave        (boot_cpu.xcr0_mask != 0)
#define cpu_has_x2apic       cpu_has(FEATURE_X2APIC)
#define cpu_has_tsc_deadline cpu_has(FEATURE_TSC_DEADLINE)
#define cpu_has_nx           cpu_has(FEATURE_NX)
#define cpu_has_pge          cpu_has(FEATURE_PGE)
#define cpu_has_pat          cpu_has(FEATURE_PAT)
#define cpu_has_smep         cpu_has(FEATURE_SMEP)
#define cpu_has_page1gb      cpu_has(FEATURE_PAGE1GB)
#define cpu_has_rdtscp       cpu_has(FEATURE_RDTSCP)
#define cpu_has_svm          cpu_has(FEATURE_SVM)

#endif
