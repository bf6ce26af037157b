/* SPDX-License-Identifier: MIT */
/*
 * The error chain (xenerror.h).
 *
 * A chain is a fixed piece of thread-local storage: recording a failure must work when memory is
 * short.  Only reading it as text or JSON allocates.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>
#include "xenerror.h"
#include "xentoolcore_internal.h"

#define PUBLIC    __attribute__((visibility("default")))
#define NR_FIELDS XENERR_HINT

struct frame {
    const char *library;
    const char *operation;
    char message[256];
    char pool[448];               /* the fields' strings, one after another */
    unsigned short at[NR_FIELDS]; /* 1 + offset in pool; 0 means not set */
    unsigned short used;
};

struct chain {
    int errnum;
    int depth;
    struct frame frames[XENERR_MAX_FRAMES]; /* the root cause first */
};

static _Thread_local struct chain chain;

static const struct {
    const char *key, *label;
} field_names[NR_FIELDS] = {
    [XENERR_STAGE - 1] = {"stage", "stage"},
    [XENERR_DEVICE - 1] = {"device", "device"},
    [XENERR_HYPERCALL - 1] = {"hypercall", "hypercall"},
    [XENERR_STORE_PATH - 1] = {"store_path", "store path"},
    [XENERR_FILE - 1] = {"file", "file"},
    [XENERR_LIMIT - 1] = {"limit", "limit"},
    [XENERR_HINT - 1] = {"hint", "hint"},
};

/* A full chain loses its second frame: the root and the newest ones tell most. */
static struct frame *push_frame(const char *library, const char *operation)
{
    struct frame *f;

    if (chain.depth == XENERR_MAX_FRAMES) {
        memmove(&chain.frames[1], &chain.frames[2],
                (XENERR_MAX_FRAMES - 2) * sizeof(chain.frames[0]));
        chain.depth--;
    }
    f = &chain.frames[chain.depth++];
    f->library = library ? library : "";
    f->operation = operation ? operation : "";
    f->message[0] = '\0';
    f->used = 0;
    memset(f->at, 0, sizeof(f->at));
    return f;
}

PUBLIC void xenerr_begin(void)
{
    chain.depth = 0;
    chain.errnum = 0;
}

PUBLIC int xenerr_set(int errnum, const char *library, const char *operation, const char *fmt, ...)
{
    struct frame *f;
    va_list args;

    xenerr_begin();
    chain.errnum = errnum;
    f = push_frame(library, operation);
    va_start(args, fmt);
    vsnprintf(f->message, sizeof(f->message), fmt, args);
    va_end(args);
    errno = errnum;
    return -1;
}

PUBLIC int xenerr_wrap(const char *library, const char *operation, const char *fmt, ...)
{
    int saved = errno;
    struct frame *f;
    va_list args;

    if (!chain.depth)
        chain.errnum = saved;
    f = push_frame(library, operation);
    va_start(args, fmt);
    vsnprintf(f->message, sizeof(f->message), fmt, args);
    va_end(args);
    errno = saved;
    return -1;
}

PUBLIC void xenerr_field(enum xenerr_field field, const char *fmt, ...)
{
    int saved = errno, length;
    size_t room;
    struct frame *f;
    va_list args;

    if (!chain.depth || field < 1 || field > NR_FIELDS)
        return;
    f = &chain.frames[chain.depth - 1];
    room = sizeof(f->pool) - f->used;
    if (room > 1) {
        va_start(args, fmt);
        length = vsnprintf(f->pool + f->used, room, fmt, args);
        va_end(args);
        if (length >= 0) {
            f->at[field - 1] = f->used + 1;
            f->used += (size_t)length < room ? (size_t)length + 1 : room;
        }
    }
    errno = saved;
}

PUBLIC int xenerr_depth(void)
{
    return chain.depth;
}

PUBLIC int xenerr_errno(void)
{
    return chain.depth ? chain.errnum : 0;
}

static const char *frame_field(const struct frame *f, int i)
{
    return f->at[i] ? f->pool + f->at[i] - 1 : NULL;
}

static const char *errno_name(int errnum, char buf[16])
{
    const char *name = strerrorname_np(errnum);

    if (name)
        return name;
    snprintf(buf, 16, "E%d", errnum);
    return buf;
}

static void print_frame(FILE *out, const struct frame *f, bool outermost)
{
    int i;

    fprintf(out, "%s%s: %s: %s\n", outermost ? "" : "because: ", f->library, f->operation,
            f->message);
    for (i = 0; i < NR_FIELDS; i++)
        if (frame_field(f, i))
            fprintf(out, "    %s: %s\n", field_names[i].label, frame_field(f, i));
}

PUBLIC char *xenerr_text(void)
{
    char name[16], *text = NULL;
    size_t size = 0;
    FILE *out;
    bool failed;
    int i;

    if (!chain.depth)
        return NULL;
    out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    for (i = chain.depth - 1; i >= 0; i--)
        print_frame(out, &chain.frames[i], i == chain.depth - 1);
    fprintf(out, "    error: %s (%s)\n", strerror(chain.errnum), errno_name(chain.errnum, name));
    failed = ferror(out);
    if (fclose(out) || failed) {
        free(text);
        text = NULL;
    }
    return text;
}

static bool add_string(struct json_object *object, const char *key, const char *value)
{
    struct json_object *string = json_object_new_string(value);

    if (!string)
        return false;
    if (json_object_object_add(object, key, string)) {
        json_object_put(string);
        return false;
    }
    return true;
}

static struct json_object *frame_json(const struct frame *f)
{
    struct json_object *object = json_object_new_object(), *number = NULL;
    char name[16];
    bool ok;
    int i;

    if (!object)
        return NULL;
    number = json_object_new_int(chain.errnum);
    ok = number && !json_object_object_add(object, "errno", number);
    if (!ok && number)
        json_object_put(number);
    ok = ok && add_string(object, "error", errno_name(chain.errnum, name)) &&
         add_string(object, "library", f->library) &&
         add_string(object, "operation", f->operation) && add_string(object, "message", f->message);
    for (i = 0; ok && i < NR_FIELDS; i++)
        if (frame_field(f, i))
            ok = add_string(object, field_names[i].key, frame_field(f, i));
    if (!ok) {
        json_object_put(object);
        object = NULL;
    }
    return object;
}

PUBLIC char *xenerr_json(void)
{
    struct json_object *array, *object;
    const char *text;
    char *copy = NULL;
    bool ok = true;
    int i;

    if (!chain.depth)
        return NULL;
    array = json_object_new_array();
    if (!array)
        return NULL;
    for (i = chain.depth - 1; ok && i >= 0; i--) {
        object = frame_json(&chain.frames[i]);
        ok = object && !json_object_array_add(array, object);
        if (!ok && object)
            json_object_put(object);
    }
    text = ok ? json_object_to_json_string_ext(array, JSON_C_TO_STRING_PLAIN) : NULL;
    if (text)
        copy = strdup(text);
    json_object_put(array);
    return copy;
}

struct saved_chain {
    int errnum;
    struct chain chain;
};

PUBLIC void *xentoolcore__error_save(void)
{
    int errnum = errno;
    struct saved_chain *saved = malloc(sizeof(*saved));

    if (saved)
        *saved = (struct saved_chain){.errnum = errnum, .chain = chain};
    errno = errnum;
    return saved;
}

PUBLIC void xentoolcore__error_restore(void *saved)
{
    struct saved_chain *from = saved;
    int errnum;

    if (!from)
        return;
    chain = from->chain;
    errnum = from->errnum;
    free(from);
    errno = errnum;
}
