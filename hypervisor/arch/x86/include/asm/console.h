/* SPDX-License-Identifier: MIT */
/* Console devices: console=com1,com2,vga[,...]; vga=keep: not given up when dom0 starts. */
#ifndef ASM_CONSOLE_H
#define ASM_CONSOLE_H

#include <hv/types.h>

void console_init(void);        /* after the command line has been read */
void console_init_irq(void);    /* input, once there are interrupts */
void console_give_up_vga(void); /* dom0 starts: the screen is its own */

bool serial_init(unsigned int port); /* 0, 1; false: no such device */
void serial_init_irq(unsigned int port);
void serial_putc(unsigned int port, char c);
/* Is io one of the registers of a serial port that the hypervisor uses? */
bool serial_owns_port(uint16_t io);

void vga_init(void);
void vga_map(void); /* our own page tables are in force */
void vga_putc(char c);
/* What dom0's start info says about the screen (struct dom0_vga_console_info); 0: nothing. */
struct dom0_vga_console_info;
size_t vga_dom0_info(struct dom0_vga_console_info *info);

#endif
