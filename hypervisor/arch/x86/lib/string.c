/* SPDX-License-Identifier: MIT */
/* Memory and string functions. */
#include <asm/cpufeature.h>
#include <hv/types.h>
#include <string.h>

#undef memcpy
#undef memset
#undef memcmp
#undef strlen
/* Or the compiler makes a loop in strlen() a call of strlen(). */
#pragma GCC optimize("no-tree-loop-distribute-patterns")

/* Unaligned words, of any type. */
struct word {
    uint64_t v;
} __attribute__((packed, may_alias));

struct half {
    uint32_t v;
} __attribute__((packed, may_alias));

static void copy_words(char *d, const char *s, size_t n)
{
    for (; n >= 32; n -= 32, d += 32, s += 32) {
        uint64_t a = ((const struct word *)s)[0].v, b = ((const struct word *)s)[1].v;
        uint64_t c = ((const struct word *)s)[2].v, e = ((const struct word *)s)[3].v;

        ((struct word *)d)[0].v = a;
        ((struct word *)d)[1].v = b;
        ((struct word *)d)[2].v = c;
        ((struct word *)d)[3].v = e;
    }
    for (; n >= 8; n -= 8, d += 8, s += 8)
        ((struct word *)d)->v = ((const struct word *)s)->v;
    if (n >= 4) { /* two halves, which may overlap */
        uint32_t a = ((const struct half *)s)->v, b = ((const struct half *)(s + n - 4))->v;

        ((struct half *)d)->v = a;
        ((struct half *)(d + n - 4))->v = b;
        return;
    }
    while (n--)
        *d++ = *s++;
}

/* The string instructions take their time to start, so small blocks are copied by hand.  Large ones go
 * by bytes where the processor says that this is fast (ERMS), else by words, which has always been. */
#define STRING_INSN_MIN 512

void *memcpy(void *dst, const void *src, size_t n)
{
    void *d = dst;
    size_t words = n >> 3;

    if (n >= STRING_INSN_MIN && cpu_has(FEATURE_ERMS)) {
        __asm__ volatile("rep movsb" : "+D"(d), "+S"(src), "+c"(n)::"memory");
        return dst;
    }
    if (n >= STRING_INSN_MIN) {
        __asm__ volatile("rep movsq" : "+D"(d), "+S"(src), "+c"(words)::"memory");
        n &= 7;
    }
    copy_words(d, src, n);
    return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
    const char *s = (const char *)src + n;
    char *d = (char *)dst + n;

    if ((uintptr_t)dst - (uintptr_t)src >= n)
        return memcpy(dst, src, n);
    for (; n >= 8; n -= 8) {
        d -= 8;
        s -= 8;
        ((struct word *)d)->v = ((const struct word *)s)->v;
    }
    while (n--)
        *--d = *--s;
    return dst;
}

static void fill_words(char *d, uint64_t v, size_t n)
{
    for (; n >= 64; n -= 64, d += 64) {
        struct word *w = (struct word *)d;
        w[0].v = w[1].v = w[2].v = w[3].v = w[4].v = w[5].v = w[6].v = w[7].v = v;
    }
    for (; n >= 8; n -= 8, d += 8)
        ((struct word *)d)->v = v;
    while (n--)
        *d++ = (char)v;
}

void *memset(void *dst, int c, size_t n)
{
    const uint64_t v = (uint8_t)c * 0x0101010101010101UL;
    void *d = dst;
    size_t words = n >> 3;

    if (n >= STRING_INSN_MIN && cpu_has(FEATURE_ERMS)) {
        __asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(c) : "memory");
        return dst;
    }
    if (n >= STRING_INSN_MIN) {
        __asm__ volatile("rep stosq" : "+D"(d), "+c"(words) : "a"(v) : "memory");
        n &= 7;
    }
    fill_words(d, v, n);
    return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *x = a, *y = b;

    for (; n; n--, x++, y++)
        if (*x != *y)
            return *x - *y;
    return 0;
}

void *memchr(const void *s, int c, size_t n)
{
    const unsigned char *p = s;

    for (; n; n--, p++)
        if (*p == (unsigned char)c)
            return (void *)p;
    return NULL;
}

size_t strlen(const char *s)
{
    size_t n = 0;

    while (s[n])
        n++;
    return n;
}

int strcmp(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
    for (; n && *a && *a == *b; n--)
        a++, b++;
    return n ? (unsigned char)*a - (unsigned char)*b : 0;
}

char *strchr(const char *s, int c)
{
    for (; *s != (char)c; s++)
        if (!*s)
            return NULL;
    return (char *)s;
}

size_t strcspn(const char *s, const char *reject)
{
    size_t n = 0;

    while (s[n] && !strchr(reject, s[n]))
        n++;
    return n;
}
