/* SPDX-License-Identifier: MIT */
/* Requests as one line each, for tests on connections through memory. */
#ifndef ASK_H
#define ASK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "memory_conn.h"

/* The last answer or event. */
static struct reply reply;

/* Sends a request and takes its answer; events in between are dropped. */
static inline const char *ask_bytes(struct memory_conn *c, uint32_t type, uint32_t tx,
                                    const void *body, size_t len)
{
    memory_request(c, type, tx, body, len);
    do {
        if (!memory_receive(c, &reply))
            return "(no answer)";
    } while (reply.hdr.type == XS_WATCH_EVENT);
    return reply.body;
}

static inline const char *ask(struct memory_conn *c, uint32_t type, uint32_t tx, const char *text)
{
    return ask_bytes(c, type, tx, text, strlen(text) + 1);
}

/* Two arguments; the second of a WRITE is its value, without a nul. */
static inline const char *two(struct memory_conn *c, uint32_t type, uint32_t tx, const char *first,
                              const char *second)
{
    char body[2 * XENSTORE_PAYLOAD_MAX];
    int len = snprintf(body, sizeof(body), "%s%c%s", first, 0, second) + (type != XS_WRITE);

    return ask_bytes(c, type, tx, body, len);
}

/* A request as it is written in tables: '|' stands for a nul.  The answer likewise. */
static inline const char *ask_barred(struct memory_conn *c, uint32_t type, uint32_t tx,
                                     const char *barred)
{
    static char text[XENSTORE_PAYLOAD_MAX + 1];
    size_t len = strlen(barred);

    memcpy(text, barred, len + 1);
    for (size_t i = 0; i < len; i++)
        text[i] = text[i] == '|' ? '\0' : text[i];
    if (strcmp(ask_bytes(c, type, tx, text, len), "(no answer)") == 0)
        return "(no answer)";
    memcpy(text, reply.body, reply.hdr.len);
    text[reply.hdr.len] = '\0';
    for (size_t i = 0; i < reply.hdr.len; i++)
        text[i] = text[i] ? text[i] : '|';
    return text;
}

static inline uint32_t start(struct memory_conn *c)
{
    return atoi(ask(c, XS_TRANSACTION_START, 0, ""));
}

static inline const char *commit(struct memory_conn *c, uint32_t tx)
{
    return ask(c, XS_TRANSACTION_END, tx, "T");
}

/* Takes the next event, "PATH TOKEN"; empty when there is none. */
static inline const char *event(struct memory_conn *c)
{
    static char text[2 * XENSTORE_PAYLOAD_MAX];

    memory_settle(c->conn.server);
    if (!memory_receive(c, &reply) || reply.hdr.type != XS_WATCH_EVENT)
        return "";
    snprintf(text, sizeof(text), "%s %s", reply.body, reply.body + strlen(reply.body) + 1);
    return text;
}

#endif
