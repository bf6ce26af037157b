/* SPDX-License-Identifier: MIT */
/* Memory and string functions, as in C's <string.h>; core/string.c (hosted builds use libc's). */
#ifndef HV_STRING_H
#define HV_STRING_H

#include <string.h> /* arch/x86/include/libc/string.h in the freestanding build */

/* Copy with truncation; always terminates.  Returns the length of src. */
size_t hv_strlcpy(char *dst, const char *src, size_t size);

#endif
