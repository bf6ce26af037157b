/* SPDX-License-Identifier: MIT */
#include <hv/cmdline.h>
#include <hv/errno.h>
#include <hv/printk.h>
#include <hv/string.h>

extern const struct cmdline_option __cmdline_options_start[], __cmdline_options_end[];
char saved_cmdline[1024];

uint64_t parse_uint(const char *s, const char **end)
{
    unsigned int base = 10;
    uint64_t v = 0;

    if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
        base = 16;
        s += 2;
    }
    for (;; s++) {
        unsigned int digit;

        if (*s >= '0' && *s <= '9')
            digit = (unsigned int)(*s - '0');
        else if (base == 16 && (*s | 0x20) >= 'a' && (*s | 0x20) <= 'f')
            digit = (unsigned int)((*s | 0x20) - 'a') + 10;
        else
            break;
        v = v * base + digit;
    }
    *end = s;
    return v;
}

uint64_t parse_size(const char *s, const char **end)
{
    const char *p;
    uint64_t v = parse_uint(s, &p);

    switch (*p | 0x20) {
    case 't':
        v <<= 10;
        /* fall through */
    case 'g':
        v <<= 10;
        /* fall through */
    case 'm':
        v <<= 10;
        /* fall through */
    case 'k':
        v <<= 10;
        p++;
        break;
    case 'b':
        p++;
        break;
    default:
        v <<= 10;
        break;
    }
    *end = p;
    return v;
}

static bool is_one_of(const char *s, const char *const words[4])
{
    for (unsigned int i = 0; i < 4; i++)
        if (!strcmp(s, words[i]))
            return true;
    return false;
}

static int set_bool(bool *var, const char *value, bool negated)
{
    static const char *const yes[] = {"1", "yes", "on", "true"};
    static const char *const no[] = {"0", "no", "off", "false"};
    bool v;

    if (!value || is_one_of(value, yes))
        v = true;
    else if (is_one_of(value, no))
        v = false;
    else
        return -EINVAL;
    *var = v != negated;
    return 0;
}

static int set_number(unsigned int *var, const char *value)
{
    const char *end;
    uint64_t v;

    if (!value || *value < '0' || *value > '9')
        return -EINVAL;
    v = parse_uint(value, &end);
    if (*end || v > UINT32_MAX)
        return -EINVAL;
    *var = (unsigned int)v;
    return 0;
}

static int set_option(const struct cmdline_option *o, const char *value, bool negated)
{
    switch (o->type) {
    case OPT_BOOL:
        return set_bool(o->var, value, negated);
    case OPT_UINT:
        return set_number(o->var, value);
    case OPT_CUSTOM:
        return o->parse(value ? value : "");
    }
    return -EINVAL;
}

static const struct cmdline_option *find(const char *name)
{
    for (const struct cmdline_option *o = __cmdline_options_start; o < __cmdline_options_end; o++)
        if (!strcmp(o->name, name))
            return o;
    return NULL;
}

static void parse_word(char *word)
{
    const struct cmdline_option *o;
    char *value = strchr(word, '=');
    bool negated = false;

    if (value)
        *value++ = '\0';
    o = find(word);
    if (!o && !strncmp(word, "no-", 3)) {
        o = find(word + 3);
        negated = true;
        if (o && o->type != OPT_BOOL)
            o = NULL;
    }
    if (!o)
        printk("Unknown option '%s%s%s' ignored\n", word, value ? "=" : "", value ? value : "");
    else if (set_option(o, value, negated))
        printk("Option '%s': bad value '%s' ignored\n", word, value ? value : "");
}

void cmdline_parse(const char *cmdline)
{
    char copy[sizeof(saved_cmdline)];
    char *word, *p = copy;

    hv_strlcpy(saved_cmdline, cmdline, sizeof(saved_cmdline));
    hv_strlcpy(copy, cmdline, sizeof(copy));
    for (;;) {
        while (*p == ' ' || *p == '\t')
            p++;
        if (!*p)
            break;
        word = p;
        while (*p && *p != ' ' && *p != '\t')
            p++;
        if (*p)
            *p++ = '\0';
        parse_word(word);
    }
}
