/* SPDX-License-Identifier: MIT */
#include "trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "request.h"

struct trace {
    FILE *file;
};

static const char *const type_names[REQUEST_TYPES] = {
    [XS_CONTROL] = "CONTROL",
    [XS_DIRECTORY] = "DIRECTORY",
    [XS_READ] = "READ",
    [XS_GET_PERMS] = "GET_PERMS",
    [XS_WATCH] = "WATCH",
    [XS_UNWATCH] = "UNWATCH",
    [XS_TRANSACTION_START] = "TRANSACTION_START",
    [XS_TRANSACTION_END] = "TRANSACTION_END",
    [XS_INTRODUCE] = "INTRODUCE",
    [XS_RELEASE] = "RELEASE",
    [XS_GET_DOMAIN_PATH] = "GET_DOMAIN_PATH",
    [XS_WRITE] = "WRITE",
    [XS_MKDIR] = "MKDIR",
    [XS_RM] = "RM",
    [XS_SET_PERMS] = "SET_PERMS",
    [XS_WATCH_EVENT] = "WATCH_EVENT",
    [XS_ERROR] = "ERROR",
    [XS_IS_DOMAIN_INTRODUCED] = "IS_DOMAIN_INTRODUCED",
    [XS_RESUME] = "RESUME",
    [XS_SET_TARGET] = "SET_TARGET",
    [XS_RESET_WATCHES] = "RESET_WATCHES",
    [XS_DIRECTORY_PART] = "DIRECTORY_PART",
    [XS_GET_FEATURE] = "GET_FEATURE",
    [XS_SET_FEATURE] = "SET_FEATURE",
    [XS_GET_QUOTA] = "GET_QUOTA",
    [XS_SET_QUOTA] = "SET_QUOTA",
};

const char *trace_type_name(uint32_t type)
{
    return type < REQUEST_TYPES && type_names[type] ? type_names[type] : "UNKNOWN";
}

struct trace *trace_open(const char *file)
{
    struct trace *trace = malloc(sizeof(*trace));

    if (!trace)
        return NULL;
    trace->file = fopen(file, "ae");
    if (!trace->file) {
        free(trace);
        return NULL;
    }
    setvbuf(trace->file, NULL, _IOLBF, 0);
    return trace;
}

void trace_close(struct trace *trace)
{
    if (trace)
        fclose(trace->file);
    free(trace);
}

static void print_body(FILE *file, const unsigned char *body, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        if (body[i] >= 0x20 && body[i] < 0x7f && body[i] != '\\')
            fputc(body[i], file);
        else if (body[i] == '\0')
            fputc(' ', file);
        else
            fprintf(file, "\\x%02x", body[i]);
    }
}

void trace_message(struct trace *trace, const struct conn *conn, const char *direction,
                   const struct xsd_sockmsg *hdr, const void *body)
{
    struct timespec now;
    struct tm tm;
    char when[32];

    if (!trace)
        return;
    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &tm);
    strftime(when, sizeof(when), "%Y%m%d %H:%M:%S", &tm);
    fprintf(trace->file, "%s.%03ld %s %s%u dom%u tx%u %s (", when, now.tv_nsec / 1000000, direction,
            conn->ops->name, conn->id, conn->actor.domid, hdr->tx_id, trace_type_name(hdr->type));
    print_body(trace->file, body, hdr->len);
    fputs(")\n", trace->file);
}
