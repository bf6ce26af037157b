/* SPDX-License-Identifier: MIT */
/*
 * Live update: the process becomes another program that carries on with the same state, sockets
 * and event channels.  The new program first shows, in a process of its own, that it can read the
 * state; if it cannot, this one goes on as if nothing had been asked.
 */
#ifndef XSD_UPDATE_H
#define XSD_UPDATE_H

#include "image.h"

/* Options of the daemon's own; the new program gets them from the old. */
#define UPDATE_OPTION       "live-update" /* FD, or FD,options when those given are to hold */
#define UPDATE_CHECK_OPTION "check-state" /* FD: read the state, say whether that went well */

/*
 * Do what server->update asks for.  argv is how this program was called.  Returns only on failure,
 * with the reason in words in text.
 */
void update_run(struct server *server, const struct image_globals *globals, char **argv, char *text,
                size_t size);
/* Read the state from a file descriptor, which is closed.  -errno, with *why in words. */
int update_load(int fd, struct server *server, const struct image_loader *loader, const char **why);
/* The trial: the exit status.  It is one that other programs do not use for "all is well". */
#define UPDATE_TRIAL_PASSED 93
int update_check(int fd);

#endif
