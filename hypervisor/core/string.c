/* SPDX-License-Identifier: MIT */
#include <hv/string.h>

size_t hv_strlcpy(char *dst, const char *src, size_t size)
{
    size_t len = strlen(src), n;

    if (size) {
        n = len < size ? len : size - 1;
        memcpy(dst, src, n);
        dst[n] = '\0';
    }
    return len;
}
