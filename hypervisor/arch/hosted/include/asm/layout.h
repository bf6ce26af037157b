/* SPDX-License-Identifier: MIT */
/* x86's layout, but for where things are: "machine memory" and the tables over it are ordinary
 * memory of this process.  The constants that guests know stay what they are. */
#ifndef HOSTED_LAYOUT_H
#define HOSTED_LAYOUT_H

#include_next <asm/layout.h>

extern unsigned long hosted_arena, hosted_m2p;
#undef DIRECTMAP_START
#undef M2P_RW_START
#define DIRECTMAP_START hosted_arena
#define M2P_RW_START    hosted_m2p

#endif
