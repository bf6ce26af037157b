/* SPDX-License-Identifier: MIT */
/**
 * @file libxl_event.h
 * @brief libxenlight: what happens to domains, and the manager's event loop.
 *
 * A manager drives the library in one of three ways, which it may mix: blocking calls and
 * libxl_event_wait(); poll(2) between libxl_osevent_beforepoll() and libxl_osevent_afterpoll(); or
 * an event loop of its own that libxl_osevent_register_hooks() tells what to watch.
 *
 * Part of libxenlight, since SDK 1.0.
 */
#ifndef LIBXL_EVENT_H
#define LIBXL_EVENT_H

#include <libxl.h>
#include <poll.h>
#include <sys/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- events ---- */

/** Every type of event, as a mask of (uint64_t)1 << type. */
#define LIBXL_EVENTMASK_ALL (~(unsigned long)0)

/** @return whether the caller wants this event. */
typedef int libxl_event_predicate(const libxl_event *event, void *user);

/**
 * Get an event that has occurred, of a type in typemask and, unless predicate is NULL, wanted by
 * it.
 * @param event_r set to the event; libxl_event_free() frees it
 * @return 0, ERROR_NOT_READY when there is none, or another ERROR_*
 */
int libxl_event_check(libxl_ctx *ctx, libxl_event **event_r, uint64_t typemask,
                      libxl_event_predicate *predicate, void *predicate_user);
/** The same, but wait for one.  @return 0 or ERROR_*. */
int libxl_event_wait(libxl_ctx *ctx, libxl_event **event_r, uint64_t typemask,
                     libxl_event_predicate *predicate, void *predicate_user);
/** Free an event; NULL is fine. */
void libxl_event_free(libxl_ctx *ctx, libxl_event *event);

/** Where events go instead of into the queue. */
typedef struct libxl_event_hooks {
    uint64_t event_occurs_mask; /**< which types of events event_occurs gets */
    /** Gets an event, which it owns; may call the library.  May be NULL when the mask is 0. */
    void (*event_occurs)(void *user,
#ifndef LIBXL_HAVE_NONCONST_EVENT_OCCURS_EVENT_ARG
                         const
#endif
                         libxl_event *event);
    /**
     * Told that events of a type (0: any) may be missing, for want of memory or because host or
     * store are broken; must not call the library.  NULL: such a failure ends the process.
     */
    void (*disaster)(void *user, libxl_event_type type, const char *msg, int errnoval);
} libxl_event_hooks;

/**
 * Set where events go.  Not to be called from inside the library nor while events are asked for.
 * *hooks is copied.
 */
void libxl_event_register_callbacks(libxl_ctx *ctx, const libxl_event_hooks *hooks, void *user);

/** A request for events, until it is disabled or the context is freed. */
typedef struct libxl__evgen_domain_death libxl_evgen_domain_death;
/** Ask for an event when a domain shuts down and one when it is gone (maybe the latter alone). */
int libxl_evenable_domain_death(libxl_ctx *ctx, uint32_t domid, libxl_ev_user user,
                                libxl_evgen_domain_death **evgen_out);
/** End that; an event that has occurred may still come. */
void libxl_evdisable_domain_death(libxl_ctx *ctx, libxl_evgen_domain_death *evgen);

/** A request for events. */
typedef struct libxl__evgen_disk_eject libxl_evgen_disk_eject;
/** Ask for an event when the guest ejects the medium of an emulated drive. */
int libxl_evenable_disk_eject(libxl_ctx *ctx, uint32_t domid, const char *vdev, libxl_ev_user user,
                              libxl_evgen_disk_eject **evgen_out);
/** End that. */
void libxl_evdisable_disk_eject(libxl_ctx *ctx, libxl_evgen_disk_eject *evgen);

/* ---- the manager's poll(2) ---- */

/**
 * Learn what to poll for.
 * @param nfds_io     room in fds; set to the room needed
 * @param timeout_upd in milliseconds, negative for none; only ever lowered
 * @param now         what gettimeofday() says
 * @return 0, or ERROR_BUFFERFULL when fds is too small
 */
int libxl_osevent_beforepoll(libxl_ctx *ctx, int *nfds_io, struct pollfd *fds, int *timeout_upd,
                             struct timeval now);
/** Do what is to be done after poll(2), with what libxl_osevent_beforepoll() filled in. */
void libxl_osevent_afterpoll(libxl_ctx *ctx, int nfds, const struct pollfd *fds,
                             struct timeval now);

/* ---- the manager's event loop ---- */

/**
 * What a manager's event loop can do.  The functions that register and modify return 0, or nonzero
 * with nothing changed.  They must not call the library; they are called with the context locked.
 */
typedef struct libxl_osevent_hooks {
    /** Call libxl_osevent_occurred_fd() whenever fd is ready for events, as poll(2) has them. */
    int (*fd_register)(void *user, int fd, void **for_app_registration_out, short events,
                       void *for_libxl);
    /** Change the events, possibly to none. */
    int (*fd_modify)(void *user, int fd, void **for_app_registration_update, short events);
    /** End that. */
    void (*fd_deregister)(void *user, int fd, void *for_app_registration);
    /** Call libxl_osevent_occurred_timeout() once, at abs or later. */
    int (*timeout_register)(void *user, void **for_app_registration_out, struct timeval abs,
                            void *for_libxl);
    /** Call it as soon as possible: abs is {0, 0}. */
    int (*timeout_modify)(void *user, void **for_app_registration_update, struct timeval abs);
    /** Never called. */
    void (*timeout_deregister)(void *user, void *for_app_registration);
} libxl_osevent_hooks;

/** Set the event loop, once for a context, right after it was opened; *hooks must outlive it. */
void libxl_osevent_register_hooks(libxl_ctx *ctx, const libxl_osevent_hooks *hooks, void *user);
/** Tell that a file descriptor is ready; not from within a function of the library. */
void libxl_osevent_occurred_fd(libxl_ctx *ctx, void *for_libxl, int fd, short events,
                               short revents);
/** Tell that a timeout passed, which ends it; not from within a function of the library. */
void libxl_osevent_occurred_timeout(libxl_ctx *ctx, void *for_libxl);

/* ---- child processes ---- */

/** Who looks after SIGCHLD. */
typedef enum {
    /** The library while it has children; it reaps every child of the process. */
    libxl_sigchld_owner_libxl,
    /** The manager, which calls libxl_childproc_reaped() or libxl_childproc_sigchld_occurred(). */
    libxl_sigchld_owner_mainloop,
    /** The library, always; it reaps every child of the process. */
    libxl_sigchld_owner_libxl_always,
    /** The library, always; it reaps its own children alone. */
    libxl_sigchld_owner_libxl_always_selective_reap,
} libxl_sigchld_owner;

/** How the library handles child processes. */
typedef struct {
    libxl_sigchld_owner chldowner;
    /** Called instead of fork(), unless NULL; must not call the library. */
    pid_t (*fork_replacement)(void *user);
    /**
     * Gets a child that is not the library's, unless NULL.
     * @return 0, or ERROR_UNKNOWN_CHILD when the manager does not know it either
     */
    int (*reaped_callback)(pid_t pid, int status, void *user);
} libxl_childproc_hooks;

/** Set how; NULL is libxl_sigchld_owner_libxl.  At the start; *hooks must outlive ctx. */
void libxl_childproc_setmode(libxl_ctx *ctx, const libxl_childproc_hooks *hooks, void *user);
/** Tell how a child ended that the manager reaped.  @return 0 or ERROR_UNKNOWN_CHILD. */
int libxl_childproc_reaped(libxl_ctx *ctx, pid_t pid, int status);
/** Tell that SIGCHLD came; not from a signal handler. */
void libxl_childproc_sigchld_occurred(libxl_ctx *ctx);
/**
 * To be called in a child that was forked without exec and calls the library; first, and once.  What
 * was under way, events and requests for them, and hooks of an event loop, remain the parent's; ctx
 * gets connections of its own.  Register hooks anew, if the child has such a loop.
 * Without a connection to the store, its calls that need one fail.  Of the other contexts, use none.
 * The error chain, as xenerr_depth() counts it, says what could not be connected.
 */
void libxl_postfork_child_noexec(libxl_ctx *ctx);

#ifdef __cplusplus
}
#endif

#endif
