/* SPDX-License-Identifier: MIT */
/* VGA text screen, 80x25.  What is shown is kept in memory as well, so that scrolling never reads the
 * adapter's. */
#include <asm/console.h>
#include <asm/mm.h>
#include <asm/processor.h>
#include <string.h>
#include <xen/xen.h>

#define COLUMNS  80
#define LINES    25
#define VGA_BASE 0xb8000
#define BLANK    0x0720

static uint16_t shadow[LINES * COLUMNS] __aligned(8);
static uint64_t *screen;
static unsigned int column, line;

void vga_init(void)
{
    screen = maddr_to_virt(VGA_BASE);
    for (unsigned int i = 0; i < ARRAY_SIZE(shadow); i++)
        shadow[i] = BLANK;
    line = LINES - 1;
}

void vga_map(void)
{
    screen = map_device(VGA_BASE, sizeof(shadow), PAGE_HYPERVISOR_UC);
}

static void show_lines(unsigned int first, unsigned int nr)
{
    const uint64_t *from = (const uint64_t *)&shadow[first * COLUMNS];

    for (unsigned int i = 0; i < nr * COLUMNS / 4; i++)
        *(volatile uint64_t *)&screen[first * COLUMNS / 4 + i] = from[i];
}

static void scroll(void)
{
    memmove(shadow, shadow + COLUMNS, sizeof(shadow) - COLUMNS * 2);
    for (unsigned int i = 0; i < COLUMNS; i++)
        shadow[(LINES - 1) * COLUMNS + i] = BLANK;
    show_lines(0, LINES);
}

void vga_putc(char c)
{
    if (!screen)
        return;
    if (c == '\n' || column == COLUMNS) {
        column = 0;
        scroll();
    }
    if ((unsigned char)c < ' ')
        return;
    shadow[line * COLUMNS + column] = (uint16_t)(0x0700 | (unsigned char)c);
    ((volatile uint16_t *)screen)[line * COLUMNS + column] = shadow[line * COLUMNS + column];
    column++;
}

size_t vga_dom0_info(struct dom0_vga_console_info *info)
{
    memset(info, 0, sizeof(*info));
    info->video_type = XEN_VGATYPE_TEXT_MODE_3;
    info->u.text_mode_3.font_height = 16;
    info->u.text_mode_3.cursor_x = (uint16_t)column;
    info->u.text_mode_3.cursor_y = LINES - 1;
    info->u.text_mode_3.rows = LINES;
    info->u.text_mode_3.columns = COLUMNS;
    return sizeof(*info);
}
