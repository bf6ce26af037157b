/* SPDX-License-Identifier: MIT */
/* The requests of the protocol. */
#ifndef XSD_REQUEST_H
#define XSD_REQUEST_H

#include "server.h"

struct transaction;

/* Requests that the specification knows and xs_wire.h 4.17 does not yet. */
enum later_request {
    XS_GET_FEATURE = XS_DIRECTORY_PART + 1,
    XS_SET_FEATURE,
    XS_GET_QUOTA,
    XS_SET_QUOTA,
    REQUEST_TYPES
};

/* One request being served. */
struct request {
    struct conn *conn;
    struct server *server;
    struct xsd_sockmsg hdr;
    const char *body;
    uint32_t at;            /* how far request_arg() has come */
    struct transaction *tx; /* NULL: none */
    bool replied;
};

/* Serve a message; its reply is queued. */
void request_serve(struct conn *conn, const struct xsd_sockmsg *hdr, const char *body);

/* The next argument that ends with a nul, or NULL. */
const char *request_arg(struct request *rq);
/* True when there are no more bytes. */
bool request_args_end(const struct request *rq);
/* A decimal number below limit.  -EINVAL. */
int request_number(const char *text, uint64_t limit, uint64_t *number);

void request_reply(struct request *rq, const void *body, uint32_t len);
void request_reply_text(struct request *rq, const char *text);

/* control.c: returns 0 after its reply, or -errno. */
int request_control(struct request *rq);
/* request_domain.c */
int request_introduce(struct request *rq);
int request_release(struct request *rq);
int request_resume(struct request *rq);
int request_set_target(struct request *rq);
int request_get_domain_path(struct request *rq);
int request_is_domain_introduced(struct request *rq);
/* request_list.c */
int request_directory(struct request *rq);
int request_directory_part(struct request *rq);
/* request_quota.c */
int request_get_feature(struct request *rq);
int request_set_feature(struct request *rq);
int request_get_quota(struct request *rq);
int request_set_quota(struct request *rq);
/* request_watch.c */
int request_watch(struct request *rq);
int request_unwatch(struct request *rq);
int request_reset_watches(struct request *rq);

/* The view and the accounting that a request's transaction implies. */
struct view request_view(struct request *rq);
int request_note(struct request *rq, const struct path *path, unsigned int kinds);
/* The one path that is a request's whole body. */
int request_only_path(struct request *rq, struct path *path);

#endif
