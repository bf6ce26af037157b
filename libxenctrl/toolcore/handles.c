/* SPDX-License-Identifier: MIT */
/* The list of open handles, and limiting all of them to one domain. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>
#include "xentoolcore_internal.h"

#define PUBLIC __attribute__((visibility("default")))

static pthread_mutex_t handles_lock = PTHREAD_MUTEX_INITIALIZER;
static LIST_HEAD(, Xentoolcore__Active_Handle) handles = LIST_HEAD_INITIALIZER(handles);

PUBLIC void xentoolcore__register_active_handle(Xentoolcore__Active_Handle *ah)
{
    pthread_mutex_lock(&handles_lock);
    LIST_INSERT_HEAD(&handles, ah, entry);
    pthread_mutex_unlock(&handles_lock);
}

PUBLIC void xentoolcore__deregister_active_handle(Xentoolcore__Active_Handle *ah)
{
    pthread_mutex_lock(&handles_lock);
    LIST_REMOVE(ah, entry);
    pthread_mutex_unlock(&handles_lock);
}

PUBLIC int xentoolcore_restrict_all(domid_t domid)
{
    Xentoolcore__Active_Handle *ah;
    int rc = 0;

    pthread_mutex_lock(&handles_lock);
    LIST_FOREACH(ah, &handles, entry)
    {
        rc = ah->restrict_callback(ah, domid);
        if (rc)
            break;
    }
    pthread_mutex_unlock(&handles_lock);
    return rc ? -1 : 0;
}

PUBLIC int xentoolcore__restrict_by_dup2_null(int fd)
{
    int null_fd = -1, rc = -1, saved;

    if (fd < 0)
        return 0;
    null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null_fd >= 0)
        rc = dup3(null_fd, fd, O_CLOEXEC) < 0 ? -1 : 0;
    saved = errno;
    if (null_fd >= 0)
        close(null_fd);
    errno = saved;
    return rc;
}
