/* SPDX-License-Identifier: MIT */
/* What cppcheck, which reads no system headers, cannot guess: macros that look like no C. */
#define timercmp(a, b, op) ((a)->tv_sec op(b)->tv_sec)
#define LIST_HEAD(name, type)                                                                      \
    struct name {                                                                                  \
        struct type *lh_first;                                                                     \
    }
#define LIST_HEAD_INITIALIZER(head)                                                                \
    {                                                                                              \
        0                                                                                          \
    }
#define LIST_ENTRY(type)                                                                           \
    struct {                                                                                       \
        struct type *le_next, **le_prev;                                                           \
    }
#define LIST_FOREACH(var, head, field) for (var = (head)->lh_first; var; var = var->field.le_next)
