/* SPDX-License-Identifier: MIT */
/* The machine's memory map. */
#include <asm/e820.h>

struct e820entry boot_e820[E820_MAX];
unsigned int nr_e820;

void e820_add(uint64_t addr, uint64_t size, uint32_t type)
{
    if (!size || nr_e820 == E820_MAX)
        return;
    if (addr + size < addr)
        size = ~addr;
    boot_e820[nr_e820++] = (struct e820entry){addr, size, type};
}

/* The type of the piece [start, end), which no entry's border crosses; 0: no entry covers it. */
static uint32_t piece_type(const struct e820entry *map, unsigned int nr, uint64_t start)
{
    static const uint8_t rank[] = {0, 1, 4, 2, 3, 5};
    uint32_t best = 0;

    for (unsigned int i = 0; i < nr; i++) {
        uint32_t type = map[i].type < ARRAY_SIZE(rank) ? map[i].type : E820_RESERVED;
        if (start >= map[i].addr && start - map[i].addr < map[i].size && rank[type] > rank[best])
            best = type;
    }
    return best;
}

static void sort_points(uint64_t *v, unsigned int nr)
{
    for (unsigned int i = 1; i < nr; i++)
        for (unsigned int j = i; j && v[j - 1] > v[j]; j--) {
            uint64_t t = v[j];
            v[j] = v[j - 1];
            v[j - 1] = t;
        }
}

/* Cut at all borders, take each piece's type, join equal neighbours. */
void e820_sanitise(void)
{
    static __initdata struct e820entry old[E820_MAX];
    static __initdata uint64_t border[2 * E820_MAX];
    unsigned int nr = nr_e820, nr_borders = 0;

    for (unsigned int i = 0; i < nr; i++) {
        old[i] = boot_e820[i];
        border[nr_borders++] = old[i].addr;
        border[nr_borders++] = old[i].addr + old[i].size;
    }
    sort_points(border, nr_borders);
    nr_e820 = 0;
    for (unsigned int i = 0; i + 1 < nr_borders; i++) {
        uint32_t type = border[i] == border[i + 1] ? 0 : piece_type(old, nr, border[i]);
        struct e820entry *last = nr_e820 ? &boot_e820[nr_e820 - 1] : NULL;

        if (type && last && last->type == type && last->addr + last->size == border[i])
            last->size += border[i + 1] - border[i];
        else if (type)
            e820_add(border[i], border[i + 1] - border[i], type);
    }
}
