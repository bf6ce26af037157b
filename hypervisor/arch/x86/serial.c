/* SPDX-License-Identifier: MIT */
/* 16550 serial ports.  Output is polled; input comes by interrupt.
 *
 * com1=BAUD[/CLOCK_HZ][,DPS[,IO[,IRQ]]], com2= likewise; BAUD "auto" or 0: leave as the firmware
 * has set it up. */
#include <asm/console.h>
#include <asm/irq.h>
#include <asm/processor.h>
#include <hv/arch/cpu.h>
#include <hv/cmdline.h>
#include <hv/errno.h>
#include <hv/printk.h>
#include <string.h>

#define UART_DATA 0 /* DLAB: divisor, low byte */
#define UART_IER  1 /* DLAB: divisor, high byte */
#define UART_FCR  2
#define UART_IIR  2
#define UART_LCR  3
#define UART_MCR  4
#define UART_LSR  5
#define UART_SCR  7

#define LSR_DATA_READY 0x01
#define LSR_THR_EMPTY  0x20
#define FIFO_SIZE      16

struct uart {
    uint16_t io;
    uint8_t irq; /* ISA */
    unsigned int baud, clock;
    uint8_t lcr;
    bool present;
    unsigned int room; /* characters that the FIFO takes before we need look again */
};
static struct uart uarts[2] = {
    {.io = 0x3f8, .irq = 4, .baud = 115200, .clock = 1843200, .lcr = 3},
    {.io = 0x2f8, .irq = 3, .baud = 115200, .clock = 1843200, .lcr = 3},
};

static int parse_line(struct uart *u, const char *s)
{
    const char *parity = "noems";
    const char *p;

    if (s[0] < '5' || s[0] > '8' || !s[1] || !(p = strchr(parity, s[1])) ||
        (s[2] != '1' && s[2] != '2'))
        return -EINVAL;
    u->lcr = (uint8_t)((s[0] - '5') | (s[2] == '2' ? 4 : 0) |
                       (p == parity ? 0 : ((p - parity - 1) * 2 + 1) << 3));
    return 0;
}

static int parse_uart(struct uart *u, const char *s)
{
    const char *end = s;

    if (!strncmp(s, "auto", 4)) {
        u->baud = 0;
        end += 4;
    } else if (*s != ',') {
        u->baud = (unsigned int)parse_uint(s, &end);
    }
    if (*end == '/')
        u->clock = (unsigned int)parse_uint(end + 1, &end);
    if (*end == ',' && end[1] != ',' && end[1]) {
        if (parse_line(u, end + 1))
            return -EINVAL;
        end += 4;
    } else if (*end == ',') {
        end++;
    }
    if (*end == ',' && end[1] >= '0' && end[1] <= '9')
        u->io = (uint16_t)parse_uint(end + 1, &end);
    if (*end == ',' && end[1] >= '0' && end[1] <= '9')
        u->irq = (uint8_t)parse_uint(end + 1, &end);
    return *end ? -EINVAL : 0;
}
static int parse_com1(const char *s)
{
    return parse_uart(&uarts[0], s);
}
static int parse_com2(const char *s)
{
    return parse_uart(&uarts[1], s);
}
CUSTOM_OPTION("com1", parse_com1);
CUSTOM_OPTION("com2", parse_com2);

bool serial_init(unsigned int port)
{
    struct uart *u = &uarts[port];
    unsigned int divisor = u->baud ? max(u->clock / (u->baud * 16), 1U) : 0;

    outb(0x5a, u->io + UART_SCR);
    if (inb(u->io + UART_SCR) != 0x5a)
        return false;
    outb(0, u->io + UART_IER);
    if (divisor) {
        outb(u->lcr | 0x80, u->io + UART_LCR);
        outb((uint8_t)divisor, u->io + UART_DATA);
        outb((uint8_t)(divisor >> 8), u->io + UART_IER);
        outb(u->lcr, u->io + UART_LCR);
    }
    outb(0x07, u->io + UART_FCR); /* FIFOs on and empty */
    outb(0x0b, u->io + UART_MCR); /* DTR, RTS, interrupt line enabled */
    u->present = true;
    return true;
}

void serial_putc(unsigned int port, char c)
{
    struct uart *u = &uarts[port];

    if (!u->present)
        return;
    if (!u->room) {
        /* A port that never gets ready (hardware flow control, gone) must not stop the machine. */
        for (unsigned int i = 0; i < 1000000 && !(inb(u->io + UART_LSR) & LSR_THR_EMPTY); i++)
            arch_cpu_relax();
        u->room = FIFO_SIZE;
    }
    u->room--;
    outb((uint8_t)c, u->io + UART_DATA);
}

static void serial_interrupt(unsigned int irq, void *data, struct cpu_user_regs *regs)
{
    struct uart *u = data;

    /* Bounded: a broken port reads as all ones. */
    for (unsigned int i = 0; i < 256 && (inb(u->io + UART_LSR) & LSR_DATA_READY); i++)
        console_input((char)inb(u->io + UART_DATA));
    (void)inb(u->io + UART_IIR);
}

void serial_init_irq(unsigned int port)
{
    struct uart *u = &uarts[port];

    if (!u->present || !u->irq)
        return;
    if (irq_request(isa_irq_to_gsi(u->irq), serial_interrupt, u))
        printk(XENLOG_WARNING "com%u: no interrupt, so no input\n", port + 1);
    else
        outb(1, u->io + UART_IER); /* received data */
}

bool serial_owns_port(uint16_t io)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(uarts); i++)
        if (uarts[i].present && io >= uarts[i].io && io < uarts[i].io + 8)
            return true;
    return false;
}
