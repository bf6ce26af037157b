/* SPDX-License-Identifier: MIT */
/* Error messages without a C library's formatting. */
#include <stdarg.h>
#include "internal.h"

int image_fail(const struct image_env *env, int err, ...)
{
    char text[192];
    size_t used = 0;
    va_list args;

    va_start(args, err);
    for (const char *part = va_arg(args, const char *); part; part = va_arg(args, const char *)) {
        size_t n = strlen(part);

        if (n > sizeof(text) - 1 - used)
            n = sizeof(text) - 1 - used;
        memcpy(text + used, part, n);
        used += n;
    }
    va_end(args);
    text[used] = '\0';
    if (env->report)
        env->report(env->opaque, text);
    return -err;
}
