/* SPDX-License-Identifier: MIT */
/* The journal: writing it. */

#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "image.h"
#include "journal_format.h"

/* The part of the file that is mapped for the next entries; longer than any entry. */
#define WINDOW (256 * 1024)

/* An entry-filled file is begun anew when its entries are longer than this and half its image. */
#define LONG_ENOUGH (1024 * 1024)

struct journal {
    struct server *server;
    char *path;
    int fd;
    struct journal_header *header; /* mapped */
    uint64_t entries;              /* where they begin in the file */
    uint64_t used;                 /* written, and perhaps not published yet */
    char *window;                  /* mapped, at window_at in the file */
    uint64_t window_at;
    struct image body; /* of the entry being made */
    bool renew;
};

static void let_go(struct journal *journal)
{
    if (journal->window)
        munmap(journal->window, WINDOW);
    if (journal->header)
        munmap(journal->header, JOURNAL_PAGE);
    if (journal->fd >= 0)
        close(journal->fd);
    journal->window = NULL;
    journal->header = NULL;
    journal->fd = -1;
}

/* A journal with a gap is worse than none. */
static void give_up(struct journal *journal, int err)
{
    let_go(journal);
    unlink(journal->path);
    server_log(journal->server,
               "the journal cannot be kept (%s): the tree is lost if this daemon is killed",
               strerror(err));
}

void journal_close(struct journal *journal)
{
    if (!journal)
        return;
    let_go(journal);
    image_free(&journal->body);
    free(journal->path);
    free(journal);
}

/* Map the place for entries that begins at an offset of the file.  0 or an errno. */
static int open_window(struct journal *journal, uint64_t at)
{
    uint64_t from = at & ~(uint64_t)(JOURNAL_PAGE - 1);
    void *window = NULL;
    int err = posix_fallocate(journal->fd, from, WINDOW);

    if (err)
        return err;
    window = mmap(NULL, WINDOW, PROT_READ | PROT_WRITE, MAP_SHARED, journal->fd, from);
    if (window == MAP_FAILED)
        return errno;
    if (journal->window)
        munmap(journal->window, WINDOW);
    journal->window = window;
    journal->window_at = from;
    return 0;
}

static int write_all(int fd, const char *data, size_t len)
{
    while (len) {
        ssize_t done = write(fd, data, len);

        if (done < 0 && errno != EINTR)
            return errno;
        data += done > 0 ? done : 0;
        len -= done > 0 ? done : 0;
    }
    return 0;
}

static int write_start(struct journal *journal, int fd, uint64_t *entries)
{
    static const struct image_globals none = {-1, -1, -1, -1};
    struct journal_header header = {.magic = JOURNAL_MAGIC, .version = JOURNAL_VERSION};
    char zeros[JOURNAL_PAGE] = {0};
    struct image image = {0};
    int err = ENOMEM;

    journal_boot_id(header.boot);
    if (image_write(&image, journal->server, &none, IMAGE_TREE)) {
        header.image_len = image.len;
        *entries = (JOURNAL_PAGE + image.len + JOURNAL_PAGE - 1) & ~(uint64_t)(JOURNAL_PAGE - 1);
        memcpy(zeros, &header, sizeof(header));
        err = write_all(fd, zeros, sizeof(zeros));
    }
    if (!err)
        err = write_all(fd, image.data, image.len);
    if (!err && ftruncate(fd, *entries) != 0)
        err = errno;
    image_free(&image);
    return err;
}

/* A new file takes the old one's place when it is complete. */
static int begin(struct journal *journal)
{
    uint64_t entries = 0;
    char *path = NULL;
    int fd = -1, err = 0;

    if (asprintf(&path, "%s.new", journal->path) < 0)
        return ENOMEM;
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        err = errno;
        goto out;
    }
    err = write_start(journal, fd, &entries);
    if (!err && rename(path, journal->path) != 0)
        err = errno;
    if (err) {
        unlink(path);
        close(fd);
        goto out;
    }
    let_go(journal);
    journal->fd = fd;
    journal->entries = entries;
    journal->used = 0;
    journal->header = mmap(NULL, JOURNAL_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (journal->header == MAP_FAILED) {
        journal->header = NULL;
        err = errno;
    } else {
        err = open_window(journal, entries);
    }
out:
    free(path);
    return err;
}

struct journal *journal_open(const char *path, struct server *server)
{
    struct journal *journal = calloc(1, sizeof(*journal));
    int err = 0;

    if (!journal)
        return NULL;
    journal->server = server;
    journal->fd = -1;
    journal->path = strdup(path);
    err = journal->path ? begin(journal) : ENOMEM;
    if (err) {
        journal_close(journal);
        errno = err;
        return NULL;
    }
    return journal;
}

static bool is_kept(const struct journal *journal)
{
    return journal && journal->fd >= 0;
}

/* An entry's body is being made; start of it. */
static struct image *make_body(struct journal *journal)
{
    journal->body.len = 0;
    journal->body.failed = false;
    return &journal->body;
}

/* Write the entry whose body is made.  It counts after publish(). */
static void add_entry(struct journal *journal, uint32_t type)
{
    const struct image *body = &journal->body;
    uint64_t at = journal->entries + journal->used;
    size_t len = (body->len + 7) & ~(size_t)7;
    uint32_t head[2] = {type, body->len};
    int err = body->failed ? ENOMEM : 0;
    char *place = NULL;

    if (!err && at + sizeof(head) + len > journal->window_at + WINDOW)
        err = open_window(journal, at);
    if (err) {
        give_up(journal, err);
        return;
    }
    place = journal->window + (at - journal->window_at);
    memcpy(place, head, sizeof(head));
    memcpy(place + sizeof(head), body->data, body->len);
    memset(place + sizeof(head) + body->len, 0, len - body->len);
    journal->used += sizeof(head) + len;
}

static void publish(struct journal *journal)
{
    if (is_kept(journal))
        __atomic_store_n(&journal->header->used, journal->used, __ATOMIC_RELEASE);
}

static uint16_t id_or_none(uint32_t domid)
{
    return domid == DOMAIN_NONE ? JOURNAL_NO_DOMAIN : domid;
}

static void add_change(struct journal *journal, const struct actor *actor, const char *path,
                       uint32_t path_len, enum change_type type, const void *data, uint32_t len)
{
    struct image *body = make_body(journal);

    image_add_u16(body, type);
    image_add_u16(body, actor->domid);
    image_add_u16(body, id_or_none(actor->target));
    image_add_u16(body, path_len);
    image_add_u32(body, len);
    image_add(body, path, path_len);
    if (type == CHANGE_PERMS)
        image_add_perms(body, data, len);
    else
        image_add(body, data, len);
    add_entry(journal, JOURNAL_CHANGE);
}

void journal_change(struct journal *journal, const struct actor *actor, const struct path *path,
                    enum change_type type, const void *data, uint32_t len)
{
    if (!is_kept(journal))
        return;
    add_change(journal, actor, path->text, path->len, type, data, len);
    publish(journal);
}

void journal_commit(struct journal *journal, const struct transaction *tx)
{
    for (const struct change *c = tx->changes; c && is_kept(journal); c = c->next) {
        const struct access *access = &tx->access[c->access];

        add_change(journal, &tx->actor, access->path, access->len, c->type, c->data, c->len);
    }
    publish(journal);
}

void journal_forget(struct journal *journal, uint32_t domid)
{
    if (!is_kept(journal))
        return;
    image_add_u16(make_body(journal), domid);
    add_entry(journal, JOURNAL_FORGET);
    publish(journal);
}

void journal_domain(struct journal *journal, const struct domain *domain)
{
    struct image *body = NULL;

    if (!is_kept(journal))
        return;
    body = make_body(journal);
    image_add_u16(body, domain->domid);
    image_add_u16(body, id_or_none(domain->target));
    image_add_u32(body, domain->port);
    image_add_u64(body, domain->gfn);
    image_add_u32(body, domain->features);
    add_entry(journal, JOURNAL_DOMAIN);
    publish(journal);
}

/* Those of sockets end with the daemon. */
static bool is_ring(const struct conn *conn)
{
    struct domain *domain = domain_find(conn->server, conn->actor.domid);

    return domain && domain->conn == conn;
}

void journal_watch(struct journal *journal, const struct conn *conn, const struct watch *watch,
                   bool set)
{
    size_t token_len = strlen(watch->token) + 1;
    struct image *body = NULL;

    if (!is_kept(journal) || !is_ring(conn))
        return;
    body = make_body(journal);
    image_add_u16(body, conn->actor.domid);
    image_add_u16(body, watch->depth < 0 ? 0xffff : watch->depth);
    image_add_u16(body, watch->path_len + 1);
    image_add_u16(body, token_len);
    image_add(body, watch->path, watch->path_len + 1);
    image_add(body, watch->token, token_len);
    add_entry(journal, set ? JOURNAL_WATCH : JOURNAL_UNWATCH);
    publish(journal);
}

void journal_reset(struct journal *journal, const struct conn *conn)
{
    if (!is_kept(journal) || !is_ring(conn))
        return;
    image_add_u16(make_body(journal), conn->actor.domid);
    add_entry(journal, JOURNAL_RESET);
    publish(journal);
}

void journal_renew(struct journal *journal)
{
    if (journal)
        journal->renew = true;
}

void journal_settle(struct journal *journal)
{
    int err = 0;

    if (!is_kept(journal))
        return;
    if (!journal->renew &&
        (journal->used < LONG_ENOUGH || journal->used < journal->header->image_len / 2))
        return;
    journal->renew = false;
    err = begin(journal);
    if (err)
        give_up(journal, err);
}
