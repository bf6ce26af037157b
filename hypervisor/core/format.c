/* SPDX-License-Identifier: MIT */
/* The printf subset of printk() and hv_snprintf(). */
#include <hv/printk.h>

struct out {
    char *buf;
    size_t size, len; /* len: what would have been written */
};

static void put(struct out *o, char c)
{
    if (o->len + 1 < o->size)
        o->buf[o->len] = c;
    o->len++;
}

struct spec {
    unsigned int width;
    int precision; /* -1: none */
    bool left, zero;
};

static void put_padded(struct out *o, const char *s, size_t len, const struct spec *sp)
{
    size_t pad = sp->width > len ? sp->width - len : 0;

    if (!sp->left)
        for (size_t i = 0; i < pad; i++)
            put(o, ' ');
    for (size_t i = 0; i < len; i++)
        put(o, s[i]);
    if (sp->left)
        for (size_t i = 0; i < pad; i++)
            put(o, ' ');
}

static void put_number(struct out *o, uint64_t v, bool negative, unsigned int base, bool alt,
                       const struct spec *sp)
{
    char tmp[96];
    size_t n = sizeof(tmp), want, prefix = (negative ? 1 : 0) + (alt ? 2 : 0);

    do {
        tmp[--n] = "0123456789abcdef"[v % base];
        v /= base;
    } while (v);
    want = sp->precision > 0 ? (size_t)sp->precision : 0;
    if (sp->zero && !sp->left && sp->precision < 0 && sp->width > prefix)
        want = sp->width - prefix;
    if (want > 64)
        want = 64;
    while (sizeof(tmp) - n < want)
        tmp[--n] = '0';
    if (alt) {
        tmp[--n] = 'x';
        tmp[--n] = '0';
    }
    if (negative)
        tmp[--n] = '-';
    put_padded(o, tmp + n, sizeof(tmp) - n, sp);
}

static int64_t signed_arg(va_list *ap, unsigned int longs)
{
    if (longs >= 2)
        return va_arg(*ap, long long);
    return longs ? va_arg(*ap, long) : va_arg(*ap, int);
}

static uint64_t unsigned_arg(va_list *ap, unsigned int longs)
{
    if (longs >= 2)
        return va_arg(*ap, unsigned long long);
    return longs ? va_arg(*ap, unsigned long) : va_arg(*ap, unsigned int);
}

static const char *parse_number(const char *f, va_list *ap, unsigned int *n, bool *negative)
{
    *n = 0;
    *negative = false;
    if (*f == '*') {
        int v = va_arg(*ap, int);
        *negative = v < 0;
        *n = (unsigned int)(v < 0 ? -v : v);
        return f + 1;
    }
    while (*f >= '0' && *f <= '9')
        *n = *n * 10 + (unsigned int)(*f++ - '0');
    return f;
}

static const char *parse_spec(const char *f, va_list *ap, struct spec *sp, bool *alt)
{
    unsigned int n;
    bool negative;

    *sp = (struct spec){.precision = -1};
    *alt = false;
    for (;; f++) {
        if (*f == '-')
            sp->left = true;
        else if (*f == '0')
            sp->zero = true;
        else if (*f == '#')
            *alt = true;
        else if (*f != '+' && *f != ' ')
            break;
    }
    f = parse_number(f, ap, &sp->width, &negative);
    sp->left |= negative;
    if (*f == '.') {
        f = parse_number(f + 1, ap, &n, &negative);
        sp->precision = negative ? -1 : (int)n;
    }
    return f;
}

static void put_string(struct out *o, const char *s, const struct spec *sp)
{
    size_t len;

    if (!s)
        s = "(null)";
    for (len = 0; (sp->precision < 0 || len < (size_t)sp->precision) && s[len]; len++)
        ;
    put_padded(o, s, len, sp);
}

static void convert(struct out *o, char c, unsigned int longs, struct spec *sp, bool alt,
                    va_list *ap)
{
    int64_t v;
    char ch;

    switch (c) {
    case 'd':
        v = signed_arg(ap, longs);
        put_number(o, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, v < 0, 10, false, sp);
        break;
    case 'u':
        put_number(o, unsigned_arg(ap, longs), false, 10, false, sp);
        break;
    case 'x':
        put_number(o, unsigned_arg(ap, longs), false, 16, alt, sp);
        break;
    case 'p':
        sp->zero = true;
        if (!sp->width)
            sp->width = 16;
        put_number(o, (uint64_t)va_arg(*ap, void *), false, 16, false, sp);
        break;
    case 's':
        put_string(o, va_arg(*ap, const char *), sp);
        break;
    case 'c':
        ch = (char)va_arg(*ap, int);
        put_padded(o, &ch, 1, sp);
        break;
    case '%':
        put(o, '%');
        break;
    default: /* unknown: show it */
        put(o, '%');
        put(o, c);
        break;
    }
}

int hv_vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
    struct out o = {buf, size, 0};
    va_list ap;

    va_copy(ap, args);
    for (const char *f = fmt; *f; f++) {
        struct spec sp;
        unsigned int longs = 0;
        bool alt;

        if (*f != '%') {
            put(&o, *f);
            continue;
        }
        f = parse_spec(f + 1, &ap, &sp, &alt);
        for (; *f == 'l' || *f == 'z' || *f == 'h' || *f == 'j' || *f == 't'; f++)
            if (*f != 'h')
                longs++;
        if (!*f)
            break;
        convert(&o, *f, longs, &sp, alt, &ap);
    }
    va_end(ap);
    if (size)
        buf[o.len < size ? o.len : size - 1] = '\0';
    return (int)o.len;
}

int hv_snprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = hv_vsnprintf(buf, size, fmt, ap);
    va_end(ap);
    return n;
}
