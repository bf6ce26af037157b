/* SPDX-License-Identifier: MIT */
/* The journal: what the next server learns of a killed one's domains and their rings. */

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>
#include "ask.h"
#include "journal.h"

static struct server server, next;
static struct memory_conn *dom0;
static char dir[] = "/tmp/journal-test-XXXXXX";
static char file[64], logged[1024];

static void keep_log(const char *text)
{
    snprintf(logged, sizeof(logged), "%s", text);
}

static struct memory_conn *ring_of(struct server *s, uint32_t domid)
{
    return (struct memory_conn *)((char *)domain_find(s, domid)->conn -
                                  offsetof(struct memory_conn, conn));
}

/* Domains whose rings are connections in memory, and are served at once. */
static int host_connect(struct host *host, struct domain *domain, uint64_t gfn, uint32_t port)
{
    if (domain->conn)
        conn_kill(domain->conn);
    domain->conn = &memory_connect(&server, domain->domid)->conn;
    assert_string_equal(two(ring_of(&server, domain->domid), XS_WATCH, 0, "early", "e"), "OK");
    return 0;
}

static bool host_exists(struct host *host, uint32_t domid)
{
    return domid < 10;
}

static struct host host = {.connect = host_connect, .exists = host_exists};

static int setup(void **state)
{
    if (!file[0]) {
        assert_non_null(mkdtemp(dir));
        snprintf(file, sizeof(file), "%s/journal", dir);
    }
    assert_int_equal(server_init(&server), 0);
    server.host = &host;
    server.log = keep_log;
    logged[0] = '\0';
    server.journal = journal_open(file, &server);
    assert_non_null(server.journal);
    dom0 = memory_connect(&server, 0);
    return 0;
}

static int teardown(void **state)
{
    server_free(&server);
    unlink(file);
    return 0;
}

/* The first server is not asked: it has been killed. */
static void load(void)
{
    const char *why = NULL;

    assert_int_equal(server_init(&next), 0);
    assert_int_equal(journal_load(file, &next, &why), 0);
    assert_int_equal(store_check(&next.store), 0);
}

static void unload(void)
{
    server_free(&next);
}

static void introduce(uint32_t domid)
{
    char body[32];

    snprintf(body, sizeof(body), "%u|%u|%u|", domid, 1000 + domid, 50 + domid);
    assert_string_equal(ask_barred(dom0, XS_INTRODUCE, 0, body), "OK|");
}

static void domains_and_their_watches_come_back(void **state)
{
    struct domain *domain = NULL;

    introduce(5);
    introduce(6);
    ask_barred(dom0, XS_SET_TARGET, 0, "6|5|");
    ask_barred(ring_of(&server, 5), XS_WATCH, 0, "device|five|");
    ask_barred(ring_of(&server, 5), XS_WATCH, 0, "/shallow|five|2|");
    ask_barred(ring_of(&server, 6), XS_WATCH, 0, "@releaseDomain|six|");
    ask_barred(ring_of(&server, 6), XS_UNWATCH, 0, "early|e|");
    ask_barred(dom0, XS_WATCH, 0, "/socket|t|");
    load();
    domain = domain_find(&next, 5);
    assert_true(domain->introduced);
    assert_int_equal(domain->gfn, 1005);
    assert_int_equal(domain->port, 55);
    assert_int_equal(domain->conn->nr_watches, 3);
    assert_string_equal(domain->conn->watches->path, "/shallow");
    assert_int_equal(domain->conn->watches->depth, 2);
    domain = domain_find(&next, 6);
    assert_int_equal(domain->target, 5);
    assert_int_equal(domain->conn->nr_watches, 1);
    assert_int_equal(next.nr_conns, 2);
    unload();
}

static void so_they_do_when_the_journal_has_begun_anew(void **state)
{
    introduce(5);
    ask_barred(ring_of(&server, 5), XS_WATCH, 0, "device|five|");
    /* A change that only a new beginning tells. */
    assert_string_equal(ask_barred(dom0, XS_CONTROL, 0, "quota|set|nodes|33|5|"), "OK|");
    memory_settle(&server);
    introduce(6);
    load();
    assert_int_equal(quota_limit(&next.quotas, 5, QUOTA_NODES), 33);
    assert_int_equal(quota_limit(&next.quotas, 6, QUOTA_NODES), 1000);
    assert_true(domain_find(&next, 5)->introduced);
    assert_int_equal(domain_find(&next, 5)->conn->nr_watches, 2);
    assert_int_equal(domain_find(&next, 6)->conn->nr_watches, 1);
    unload();
}

static void a_reset_ring_has_no_watches(void **state)
{
    introduce(5);
    ask_barred(ring_of(&server, 5), XS_RESET_WATCHES, 0, "|");
    load();
    assert_int_equal(domain_find(&next, 5)->conn->nr_watches, 0);
    unload();
    /* Introduced again it begins with those of its new ring. */
    ask_barred(ring_of(&server, 5), XS_WATCH, 0, "old|t|");
    introduce(5);
    load();
    assert_int_equal(domain_find(&next, 5)->conn->nr_watches, 1);
    unload();
}

static void a_gone_domain_is_gone_with_its_nodes(void **state)
{
    introduce(5);
    ask_barred(dom0, XS_MKDIR, 0, "/place|");
    ask_barred(dom0, XS_SET_PERMS, 0, "/place|n0|b5|");
    ask_barred(ring_of(&server, 5), XS_WRITE, 0, "/place/mine|x");
    ask_barred(dom0, XS_RELEASE, 0, "5|");
    ask_barred(dom0, XS_WRITE, 0, "/place/after|x");
    load();
    assert_null(domain_find(&next, 5));
    assert_int_equal(node_count(next.store.root), node_count(server.store.root));
    assert_int_equal(next.store.owned[5].nodes, 0);
    unload();
}

static void what_a_domain_did_is_done_again_in_its_name(void **state)
{
    introduce(5);
    ask_barred(dom0, XS_MKDIR, 0, "/place|");
    ask_barred(dom0, XS_SET_PERMS, 0, "/place|n0|b5|");
    ask_barred(ring_of(&server, 5), XS_WRITE, 0, "/place/a/b|x");
    /* A limit of today does not undo what was done within yesterday's. */
    server.quotas.global[QUOTA_NODES] = 1;
    journal_renew(server.journal);
    memory_settle(&server);
    load();
    assert_int_equal(next.store.owned[5].nodes, 2);
    assert_int_equal(next.quotas.global[QUOTA_NODES], 1);
    unload();
}

static void a_commit_is_there_whole(void **state)
{
    uint32_t tx = start(dom0), lost = start(dom0);

    two(dom0, XS_WRITE, tx, "/t/a", "1");
    two(dom0, XS_WRITE, lost, "/u/a", "1");
    two(dom0, XS_WRITE, tx, "/t/b", "2");
    load();
    assert_null(node_at(next.store.root, "/t", 2));
    unload();
    assert_string_equal(commit(dom0, tx), "OK");
    load();
    assert_non_null(node_at(next.store.root, "/t/a", 4));
    assert_non_null(node_at(next.store.root, "/t/b", 4));
    assert_null(node_at(next.store.root, "/u", 2));
    unload();
}

static void a_full_disk_is_told_and_the_store_goes_on(void **state)
{
    struct rlimit old, small = {.rlim_cur = 600 * 1024};
    char path[16], value[1000];
    const char *why = NULL;

    memset(value, 'v', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    small.rlim_max = old.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (int i = 0; i < 1000; i++) {
        snprintf(path, sizeof(path), "/n%d", i);
        assert_string_equal(two(dom0, XS_WRITE, 0, path, value), "OK");
    }
    setrlimit(RLIMIT_FSIZE, &old);
    assert_non_null(strstr(logged, "the journal cannot be kept"));
    assert_int_equal(server_init(&next), 0);
    assert_int_equal(journal_load(file, &next, &why), -ENOENT);
    unload();
}

static int last_teardown(void **state)
{
    return rmdir(dir);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(domains_and_their_watches_come_back),
        T(so_they_do_when_the_journal_has_begun_anew),
        T(a_reset_ring_has_no_watches),
        T(a_gone_domain_is_gone_with_its_nodes),
        T(what_a_domain_did_is_done_again_in_its_name),
        T(a_commit_is_there_whole),
        T(a_full_disk_is_told_and_the_store_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, last_teardown);
}
