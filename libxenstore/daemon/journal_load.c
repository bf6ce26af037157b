/* SPDX-License-Identifier: MIT */
/* The journal: reading what another daemon left. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "image.h"
#include "journal.h"
#include "journal_format.h"

void journal_boot_id(char boot[40])
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

    memset(boot, 0, 40);
    if (fd < 0)
        return;
    if (read(fd, boot, 36) != 36)
        memset(boot, 0, 40);
    close(fd);
}

static ssize_t parked_read(struct conn *conn, void *buf, size_t len)
{
    return 0;
}

static ssize_t parked_write(struct conn *conn, const void *buf, size_t len)
{
    return 0;
}

static void parked_release(struct conn *conn)
{
    free(conn);
}

struct conn *conn_park(struct server *server, uint32_t domid)
{
    static const struct conn_ops ops = {
        .name = "parked",
        .read = parked_read,
        .write = parked_write,
        .release = parked_release,
    };
    struct conn *conn = calloc(1, sizeof(*conn));

    if (conn && conn_init(conn, server, &ops, domid) != 0) {
        free(conn);
        conn = NULL;
    }
    return conn;
}

static int park_domain(struct server *server, uint32_t domid)
{
    struct domain *domain = domain_make(server, domid);

    if (domain && !domain->conn)
        domain->conn = conn_park(server, domid);
    return domain && domain->conn ? 0 : -ENOMEM;
}

static struct conn *park(void *server, const struct conn_desc *desc)
{
    if (desc->type != CONN_RING || park_domain(server, desc->domid) != 0)
        return NULL;
    return domain_find(server, desc->domid)->conn;
}

static uint32_t take_domid(struct image_reader *body)
{
    uint32_t domid = image_take_u16(body);

    return domid < DOMAIN_IDS ? domid : DOMAIN_NONE;
}

static int replay_change(struct server *server, struct image_reader *body)
{
    uint16_t type = image_take_u16(body);
    struct actor actor = {.domid = take_domid(body), .target = take_domid(body)};
    uint16_t path_len = image_take_u16(body);
    uint32_t len = image_take_u32(body);
    const char *text = image_take(body, path_len);
    struct view view = store_view(&server->store);
    struct perm *entries = NULL;
    const void *data = NULL;
    struct path path;
    int rc = -EINVAL;

    if (actor.domid == DOMAIN_NONE || !text || path_from_bytes(&path, text, path_len) != 0 ||
        len > XENSTORE_PAYLOAD_MAX)
        return -EINVAL;
    if (type == CHANGE_PERMS)
        data = entries = image_take_perms(body, len);
    else
        data = image_take(body, len);
    if (data)
        rc = change_again(&view, &actor, &path, type, data, len);
    free(entries);
    return rc;
}

static int replay_forget(struct server *server, struct image_reader *body)
{
    uint32_t domid = take_domid(body);
    struct domain *domain = domid == DOMAIN_NONE ? NULL : domain_find(server, domid);

    if (!domain)
        return domid == DOMAIN_NONE ? -EINVAL : 0;
    domain_is_gone(server, domain);
    return 0;
}

static int replay_domain(struct server *server, struct image_reader *body)
{
    uint32_t domid = take_domid(body);
    struct domain *domain = NULL;

    if (domid == DOMAIN_NONE)
        return -EINVAL;
    if (park_domain(server, domid) != 0)
        return -ENOMEM;
    domain = domain_find(server, domid);
    domain->introduced = true;
    domain->target = take_domid(body);
    domain->port = image_take_u32(body);
    domain->gfn = image_take_u64(body);
    domain->features = image_take_u32(body);
    return 0;
}

static struct conn *parked_conn(struct server *server, uint32_t domid)
{
    struct domain *domain = domid == DOMAIN_NONE ? NULL : domain_find(server, domid);

    return domain ? domain->conn : NULL;
}

static int replay_watch(struct server *server, struct image_reader *body, bool set)
{
    uint32_t domid = take_domid(body);
    uint16_t depth = image_take_u16(body);
    uint16_t path_len = image_take_u16(body), token_len = image_take_u16(body);
    const char *text = image_take(body, path_len), *token = image_take(body, token_len);
    struct watch *watch = NULL;
    struct conn *conn = NULL;
    struct path path;

    /* A ring is served, and may set watches, a moment before its domain counts as introduced. */
    if (domid != DOMAIN_NONE && park_domain(server, domid) != 0)
        return -ENOMEM;
    conn = parked_conn(server, domid);
    if (!conn || !text || !token || !path_len || !token_len || text[path_len - 1] ||
        token[token_len - 1] || path_make_watch(&path, conn->actor.domid, text) != 0)
        return -EINVAL;
    watch = watch_find(&server->watches, conn, &path, token);
    if (set && !watch)
        return conn_add_watch(conn, &path, token, depth == 0xffff ? -1 : depth, &watch);
    if (!set && watch)
        conn_remove_watch(conn, watch);
    return 0;
}

static int replay_reset(struct server *server, struct image_reader *body)
{
    struct conn *conn = parked_conn(server, take_domid(body));

    if (conn)
        conn_drop_watches(conn);
    return 0;
}

static int replay_entry(struct server *server, uint32_t type, struct image_reader *body)
{
    switch (type) {
    case JOURNAL_CHANGE:
        return replay_change(server, body);
    case JOURNAL_FORGET:
        return replay_forget(server, body);
    case JOURNAL_DOMAIN:
        return replay_domain(server, body);
    case JOURNAL_WATCH:
    case JOURNAL_UNWATCH:
        return replay_watch(server, body, type == JOURNAL_WATCH);
    case JOURNAL_RESET:
        return replay_reset(server, body);
    default:
        return -EINVAL;
    }
}

/* What happened was within the limits of its time. */
static int replay(struct server *server, struct image_reader *entries)
{
    struct quotas limits = server->quotas;
    int rc = 0;

    memset(server->quotas.global, 0, sizeof(server->quotas.global));
    server->quotas.own = NULL;
    server->quotas.soft_memory = 0;
    while (!rc && entries->left) {
        uint32_t type = image_take_u32(entries), len = image_take_u32(entries);
        struct image_reader body = {.data = entries->data, .left = len};

        if (!image_take(entries, ((size_t)len + 7) & ~(size_t)7))
            rc = -EINVAL;
        if (!rc && type == JOURNAL_FORGET && len >= sizeof(uint16_t)) {
            struct image_reader ahead = body;
            uint32_t domid = take_domid(&ahead);

            if (domid != DOMAIN_NONE)
                quota_forget(&limits, domid);
        }
        if (!rc)
            rc = replay_entry(server, type, &body);
        if (!rc && body.failed)
            rc = -EINVAL;
    }
    memcpy(server->quotas.global, limits.global, sizeof(limits.global));
    server->quotas.own = limits.own;
    server->quotas.soft_memory = limits.soft_memory;
    return rc;
}

int journal_read(const char *data, size_t size, struct server *server, const char **why)
{
    const struct image_loader loader = {.ctx = server, .connect = park};
    struct journal_header header, expected = {.magic = JOURNAL_MAGIC};
    struct image_reader file = {.data = data, .left = size}, entries;
    int rc = 0;

    *why = "cut off";
    if (size < JOURNAL_PAGE)
        return -EINVAL;
    memcpy(&header, data, sizeof(header));
    journal_boot_id(expected.boot);
    *why = "not a journal of this version";
    if (memcmp(header.magic, expected.magic, sizeof(header.magic)) != 0 ||
        header.version != JOURNAL_VERSION)
        return -EINVAL;
    if (memcmp(header.boot, expected.boot, sizeof(header.boot)) != 0)
        return -ENOENT;
    *why = "cut off";
    image_take(&file, JOURNAL_PAGE);
    if (header.image_len > file.left)
        return -EINVAL;
    rc = image_read(file.data, header.image_len, server, &loader, why);
    if (rc)
        return rc;
    *why = "broken entries";
    image_take(&file, (header.image_len + JOURNAL_PAGE - 1) & ~(uint64_t)(JOURNAL_PAGE - 1));
    if (file.failed || header.used > file.left)
        return -EINVAL;
    entries = (struct image_reader){.data = file.data, .left = header.used};
    return replay(server, &entries);
}

int journal_load(const char *path, struct server *server, const char **why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), rc = -EINVAL;
    struct stat info = {0};
    char *data = MAP_FAILED;

    *why = "not there";
    if (fd < 0)
        return errno == ENOENT ? -ENOENT : -EINVAL;
    *why = "cut off";
    if (fstat(fd, &info) == 0 && info.st_size > 0)
        data = mmap(NULL, info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data != MAP_FAILED) {
        rc = journal_read(data, info.st_size, server, why);
        munmap(data, info.st_size);
    }
    close(fd);
    return rc;
}
