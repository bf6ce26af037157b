/* SPDX-License-Identifier: MIT */
/* The trace file: one line a message. */
#ifndef XSD_TRACE_H
#define XSD_TRACE_H

#include "conn.h"

struct trace;

struct trace *trace_open(const char *file);
void trace_close(struct trace *trace);
/* A NULL trace is off. */
void trace_message(struct trace *trace, const struct conn *conn, const char *direction,
                   const struct xsd_sockmsg *hdr, const void *body);
const char *trace_type_name(uint32_t type);

#endif
