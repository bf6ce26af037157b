/* SPDX-License-Identifier: MIT */
#include "ring.h"

#include <errno.h>
#include <string.h>

static bool ring_fault(struct conn *conn, int error)
{
    struct ring_conn *ring = ring_of_conn(conn);

    server_log(conn->server, "domain %u broke the ring protocol (error %d)", conn->actor.domid,
               error);
    conn_reset(conn);
    ring->broken = true;
    ring->touched = true;
    __atomic_store_n(&ring->page->error, error, __ATOMIC_RELEASE);
    return true;
}

/*
 * A client may signal only when it finds that the daemon had taken everything, or had filled the
 * ring: Linux does.  So what the last turn stored must be out before the client's index is read
 * again, or both could believe that the other knows.
 */
static void meet_client(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static ssize_t ring_read(struct conn *conn, void *buf, size_t len)
{
    struct ring_conn *ring = ring_of_conn(conn);
    struct xenstore_domain_interface *page = ring->page;
    uint32_t cons = __atomic_load_n(&page->req_cons, __ATOMIC_RELAXED);
    uint32_t at = MASK_XENSTORE_IDX(cons), first = 0, have = 0;

    if (ring->broken)
        return 0;
    meet_client();
    have = __atomic_load_n(&page->req_prod, __ATOMIC_ACQUIRE) - cons;
    if (have > XENSTORE_RING_SIZE) {
        ring_fault(conn, XENSTORE_ERROR_RINGIDX);
        return 0;
    }
    if (have > len)
        have = len;
    if (!have)
        return 0;
    first = have < XENSTORE_RING_SIZE - at ? have : XENSTORE_RING_SIZE - at;
    memcpy(buf, page->req + at, first);
    memcpy((char *)buf + first, page->req, have - first);
    /* The client may overwrite the bytes from here on. */
    __atomic_store_n(&page->req_cons, cons + have, __ATOMIC_RELEASE);
    ring->touched = true;
    return have;
}

static ssize_t ring_write(struct conn *conn, const void *buf, size_t len)
{
    struct ring_conn *ring = ring_of_conn(conn);
    struct xenstore_domain_interface *page = ring->page;
    uint32_t prod = __atomic_load_n(&page->rsp_prod, __ATOMIC_RELAXED);
    uint32_t at = MASK_XENSTORE_IDX(prod), first = 0, room = 0, used = 0;

    if (ring->broken)
        return 0;
    meet_client();
    used = prod - __atomic_load_n(&page->rsp_cons, __ATOMIC_ACQUIRE);
    if (used > XENSTORE_RING_SIZE) {
        ring_fault(conn, XENSTORE_ERROR_RINGIDX);
        return 0;
    }
    room = XENSTORE_RING_SIZE - used;
    if (room > len)
        room = len;
    if (!room)
        return 0;
    first = room < XENSTORE_RING_SIZE - at ? room : XENSTORE_RING_SIZE - at;
    memcpy(page->rsp + at, buf, first);
    memcpy(page->rsp, (const char *)buf + first, room - first);
    __atomic_store_n(&page->rsp_prod, prod + room, __ATOMIC_RELEASE);
    ring->touched = true;
    return room;
}

/* One signal for all that a turn has done. */
static void ring_update(struct conn *conn)
{
    struct ring_conn *ring = ring_of_conn(conn);

    if (!ring->touched)
        return;
    ring->touched = false;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    ring->notify(ring);
}

static void ring_release(struct conn *conn)
{
    struct ring_conn *ring = ring_of_conn(conn);

    ring->release(ring);
}

static void ring_describe(struct conn *conn, struct conn_desc *desc)
{
    struct ring_conn *ring = ring_of_conn(conn);

    desc->type = CONN_RING;
    desc->port = ring->port;
    desc->broken = ring->broken;
}

static void ring_restore(struct conn *conn, const struct conn_desc *desc)
{
    ring_of_conn(conn)->broken = desc->broken;
}

static const struct conn_ops ring_ops = {
    .name = "ring",
    .describe = ring_describe,
    .restore = ring_restore,
    .read = ring_read,
    .write = ring_write,
    .update = ring_update,
    .fault = ring_fault,
    .release = ring_release,
};

int ring_adopt(struct ring_conn *ring, struct server *server, uint32_t domid)
{
    ring->touched = ring->broken = false;
    return conn_init(&ring->conn, server, &ring_ops, domid);
}

int ring_serve(struct ring_conn *ring, struct server *server, uint32_t domid, uint32_t features)
{
    int rc = ring_adopt(ring, server, domid);

    if (rc)
        return rc;
    ring->page->server_features = features;
    ring->page->error = XENSTORE_ERROR_NONE;
    return 0;
}

/* The client asked for a fresh start on an empty ring. */
static void reconnect(struct ring_conn *ring)
{
    struct xenstore_domain_interface *page = ring->page;

    conn_reset(&ring->conn);
    ring->broken = false;
    page->req_cons = page->req_prod = page->rsp_cons = page->rsp_prod = 0;
    page->error = XENSTORE_ERROR_NONE;
    __atomic_store_n(&page->connection, XENSTORE_CONNECTED, __ATOMIC_RELEASE);
    ring->touched = true;
}

static void look_for_reconnect(struct ring_conn *ring)
{
    if (__atomic_load_n(&ring->page->connection, __ATOMIC_ACQUIRE) == XENSTORE_RECONNECT)
        reconnect(ring);
}

void ring_ready(struct ring_conn *ring)
{
    look_for_reconnect(ring);
    if (!ring->conn.dead)
        conn_service(&ring->conn);
}

void ring_wake(struct ring_conn *ring)
{
    look_for_reconnect(ring);
    ring->touched = true;
    conn_wake(&ring->conn);
}
