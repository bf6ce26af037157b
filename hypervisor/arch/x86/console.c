/* SPDX-License-Identifier: MIT */
/* Which devices the console is on. */
#include <asm/console.h>
#include <hv/cmdline.h>
#include <hv/errno.h>
#include <hv/printk.h>
#include <string.h>

static bool use_com[2] = {true, false}, use_vga = true, vga_keep, ready;

/* What is said before the devices are known. */
static __initdata char early[1024];
static __initdata unsigned int early_len;

static int parse_console(const char *s)
{
    use_com[0] = use_com[1] = use_vga = false;
    while (*s) {
        size_t len = strcspn(s, ",");

        if (len >= 4 && !strncmp(s, "com1", 4))
            use_com[0] = true;
        else if (len >= 4 && !strncmp(s, "com2", 4))
            use_com[1] = true;
        else if (len == 3 && !strncmp(s, "vga", 3))
            use_vga = true;
        else if (len != 4 || strncmp(s, "none", 4))
            return -EINVAL;
        s += len;
        s += *s == ',';
    }
    return 0;
}
CUSTOM_OPTION("console", parse_console);

static int parse_vga(const char *s)
{
    vga_keep = false;
    for (; s; s = strchr(s, ','), s += s != NULL)
        vga_keep |= !strncmp(s, "keep", 4);
    return 0;
}
CUSTOM_OPTION("vga", parse_vga);

static void put(char c)
{
    for (unsigned int i = 0; i < 2; i++)
        if (use_com[i])
            serial_putc(i, c);
    if (use_vga)
        vga_putc(c);
}

void arch_console_putc(char c)
{
    if (ready)
        put(c);
    else if (early_len < sizeof(early))
        early[early_len++] = c;
}

__init void console_init(void)
{
    for (unsigned int i = 0; i < 2; i++)
        use_com[i] = use_com[i] && serial_init(i);
    vga_init();
    ready = true;
    for (unsigned int i = 0; i < early_len; i++)
        put(early[i]);
}

void console_init_irq(void)
{
    for (unsigned int i = 0; i < 2; i++)
        if (use_com[i])
            serial_init_irq(i);
}

void console_give_up_vga(void)
{
    use_vga = use_vga && vga_keep;
}
