/* SPDX-License-Identifier: MIT */
/* Lists of CPUs: "all", "0-3,^2", "node:1", "nodes:0-1,^node:1". */
#include "xl.h"

#include <ctype.h>

/* "N" or "N-M": true and the rest of the text. */
static bool parse_range(const char **text, unsigned *first, unsigned *last)
{
    char *end;
    unsigned long a, b;

    if (!isdigit((unsigned char)**text))
        return false;
    b = a = strtoul(*text, &end, 10);
    if (*end == '-') {
        if (!isdigit((unsigned char)end[1]))
            return false;
        b = strtoul(end + 1, &end, 10);
    }
    if (b < a || b > 0xffff)
        return false;
    *first = (unsigned)a;
    *last = (unsigned)b;
    *text = end;
    return true;
}

static bool take(const char **text, const char *word)
{
    size_t length = strlen(word);

    if (strncmp(*text, word, length))
        return false;
    *text += length;
    return true;
}

/* The CPUs that one term names, without its "^". */
static int parse_term(const char **text, libxl_bitmap *term)
{
    bool nodes = take(text, "nodes:") || take(text, "node:");
    libxl_bitmap nodemap;
    unsigned first, last;
    int rc = 0;

    if (take(text, "all")) {
        libxl_bitmap_set_any(term);
        return 0;
    }
    if (!parse_range(text, &first, &last))
        return -1;
    libxl_bitmap_init(&nodemap);
    if (nodes && libxl_node_bitmap_alloc(xl.ctx, &nodemap, 0))
        return -1;
    for (unsigned i = first; i <= last && i < (nodes ? nodemap.size : term->size) * 8; i++)
        libxl_bitmap_set(nodes ? &nodemap : term, (int)i);
    if (nodes)
        rc = libxl_nodemap_to_cpumap(xl.ctx, &nodemap, term);
    libxl_bitmap_dispose(&nodemap);
    return rc;
}

int xl_cpu_list(const char *text, int bits, libxl_bitmap *map)
{
    const char *p = text;
    libxl_bitmap term;
    unsigned i;
    int rc = 0;

    libxl_bitmap_init(&term);
    libxl_bitmap_dispose(map);
    libxl_bitmap_init(map);
    if (libxl_cpu_bitmap_alloc(xl.ctx, map, bits) || libxl_cpu_bitmap_alloc(xl.ctx, &term, bits)) {
        fprintf(stderr, "Unable to allocate cpumap\n");
        rc = 1;
    }
    while (!rc) {
        bool out;

        while (*p == ' ')
            p++;
        out = *p == '^';
        p += out;
        libxl_bitmap_set_none(&term);
        if (parse_term(&p, &term)) {
            fprintf(stderr, "Invalid pcpu range: %s.\n", text);
            rc = 1;
            break;
        }
        libxl_for_each_set_bit (i, term) {
            if (out)
                libxl_bitmap_reset(map, (int)i);
            else
                libxl_bitmap_set(map, (int)i);
        }
        while (*p == ' ')
            p++;
        if (!*p)
            break;
        if (*p++ != ',') {
            fprintf(stderr, "Invalid pcpu range: %s.\n", text);
            rc = 1;
        }
    }
    libxl_bitmap_dispose(&term);
    return rc;
}

char *xl_cpu_text(const libxl_bitmap *map, int count)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = xl_must(open_memstream(&text, &size));
    int set = 0;

    for (int i = 0; i < count; i++)
        set += libxl_bitmap_test(map, i) ? 1 : 0;
    if (set == count && count)
        fputs("all", out);
    else if (!set)
        fputs("none", out);
    for (int i = 0, some = 0; set && set < count && i < count; i++) {
        int first = i;

        if (!libxl_bitmap_test(map, i))
            continue;
        while (i + 1 < count && libxl_bitmap_test(map, i + 1))
            i++;
        fprintf(out, "%s%d", some++ ? "," : "", first);
        if (i > first)
            fprintf(out, "-%d", i);
    }
    fclose(out);
    return xl_must(text);
}
