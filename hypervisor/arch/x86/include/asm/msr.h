/* SPDX-License-Identifier: MIT */
/* Numbers of model-specific registers and their bits. */
#ifndef ASM_MSR_H
#define ASM_MSR_H

#include <asm/layout.h>

#define MSR_IA32_TSC          0x00000010
#define MSR_IA32_APIC_BASE    0x0000001b
#define APIC_BASE_BSP         UL(0x100)
#define APIC_BASE_X2APIC      UL(0x400)
#define APIC_BASE_ENABLE      UL(0x800)
#define MSR_IA32_TSC_ADJUST   0x0000003b
#define MSR_IA32_UCODE_REV    0x0000008b
#define MSR_MTRR_CAP          0x000000fe
#define MSR_ARCH_CAPABILITIES 0x0000010a
#define MSR_SYSENTER_CS       0x00000174
#define MSR_SYSENTER_ESP      0x00000175
#define MSR_SYSENTER_EIP      0x00000176
#define MSR_MCG_CAP           0x00000179
#define MSR_MCG_STATUS        0x0000017a
#define MSR_MISC_ENABLE       0x000001a0
#define MSR_DEBUGCTL          0x000001d9
#define MSR_PAT               0x00000277
#define MSR_MTRR_DEF_TYPE     0x000002ff
#define MSR_TSC_DEADLINE      0x000006e0
#define MSR_X2APIC_BASE       0x00000800
#define MSR_EFER              0xc0000080
#define EFER_SCE              UL(0x1)
#define EFER_LME              UL(0x100)
#define EFER_LMA              UL(0x400)
#define EFER_NX               UL(0x800)
#define EFER_SVME             UL(0x1000)
#define EFER_FFXSR            UL(0x4000)
#define MSR_STAR              0xc0000081
#define MSR_LSTAR             0xc0000082
#define MSR_CSTAR             0xc0000083
#define MSR_SYSCALL_MASK      0xc0000084
#define MSR_FS_BASE           0xc0000100
#define MSR_GS_BASE           0xc0000101
#define MSR_KERNEL_GS_BASE    0xc0000102
#define MSR_TSC_AUX           0xc0000103
#define MSR_AMD_SYSCFG        0xc0010010
#define MSR_AMD_HWCR          0xc0010015

/* The entries of the PAT as the ABI has it (guests see it, too): WB WT UC- UC WC WP UC UC */
#define HV_PAT_VALUE UL(0x050100070406)

#endif
