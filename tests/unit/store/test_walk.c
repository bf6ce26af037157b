/* SPDX-License-Identifier: MIT */
/* xs_walk() against an embedded store: it tells what asking for each node would. */

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "xenstore.h"
#include "xenstore_embedded.h"

static struct xs_embedded *store;
static struct xs_handle *xs;

static int setup(void **state)
{
    store = xs_embedded_new();
    xs_embedded_use(store);
    xs = store ? xs_open(0) : NULL;
    return xs ? 0 : -1;
}

static int teardown(void **state)
{
    xs_close(xs);
    xs_embedded_free(store);
    return 0;
}

static void put(const char *path, const char *value)
{
    assert_true(xs_write(xs, XBT_NULL, path, value, strlen(value)));
}

struct text {
    char *text;
    size_t len;
    FILE *file;
    unsigned int nodes, until; /* until: end there; 0: do not */
};

static void text_begin(struct text *text)
{
    memset(text, 0, sizeof(*text));
    text->file = open_memstream(&text->text, &text->len);
    assert_non_null(text->file);
}

static void text_line(struct text *text, const char *path, unsigned int depth, const char *value,
                      unsigned int len, const struct xs_permissions *perms, unsigned int num)
{
    fprintf(text->file, "%u %s = %u %.*s", depth, path, len, value ? (int)len : 0,
            value ? value : "");
    for (unsigned int i = 0; i < num; i++)
        fprintf(text->file, " %u:%u", perms[i].id, (unsigned int)perms[i].perms);
    fputc('\n', text->file);
}

static bool add_node(void *ctx, const struct xs_walk_node *node)
{
    struct text *text = ctx;
    const char *name = strrchr(node->path, '/') + 1;

    text_line(text, node->path, node->depth, node->value, node->len, node->perms, node->num_perms);
    assert_string_equal(node->name, name);
    assert_int_equal(node->error, 0);
    return ++text->nodes != text->until;
}

static void add_one_by_one(struct text *text, xs_transaction_t t, const char *path,
                           unsigned int depth, bool with_perms)
{
    unsigned int num = 0, num_perms = 0, len = 0;
    char **names = xs_directory(xs, t, path, &num);

    assert_non_null(names);
    for (unsigned int i = 0; i < num; i++) {
        struct xs_permissions *perms = NULL;
        char *below = NULL, *value = NULL;

        assert_true(asprintf(&below, "%s/%s", strcmp(path, "/") ? path : "", names[i]) > 0);
        value = xs_read(xs, t, below, &len);
        num_perms = 0;
        if (with_perms)
            perms = xs_get_permissions(xs, t, below, &num_perms);
        text_line(text, below, depth, value, len, perms, num_perms);
        add_one_by_one(text, t, below, depth + 1, with_perms);
        free(perms);
        free(value);
        free(below);
    }
    free(names);
}

static void check_walk(xs_transaction_t t, const char *path, unsigned long flags)
{
    struct text walked, expected;

    text_begin(&walked);
    text_begin(&expected);
    assert_true(xs_walk(xs, t, path, flags, add_node, &walked));
    add_one_by_one(&expected, t, path, 0, flags & XS_WALK_PERMISSIONS);
    fclose(walked.file);
    fclose(expected.file);
    assert_string_equal(walked.text, expected.text);
    free(walked.text);
    free(expected.text);
}

/* Wide and deep, lists and values from empty to as long as can be. */
static void make_tree(void)
{
    static char value[XENSTORE_PAYLOAD_MAX - 64];
    char path[XENSTORE_ABS_PATH_MAX] = "/t/deep";

    for (unsigned int i = 0; i < 1500; i++) {
        snprintf(path, sizeof(path), "/t/wide/a-rather-long-name-%u", i);
        put(path, "");
    }
    for (unsigned int i = 0; i < 200; i++) {
        snprintf(path, sizeof(path), "/t/each/%u/with/one/below/%u", i, i);
        put(path, "v");
    }
    memset(value, 'x', sizeof(value) - 1);
    for (unsigned int i = 0; i < 100; i++) {
        snprintf(path, sizeof(path), "/t/long/%u/%u", i / 10, i);
        put(path, value);
    }
    snprintf(path, sizeof(path), "/t/deep");
    while (strlen(path) < 1000)
        strcat(path, "/d");
    put(path, "bottom");
}

static void a_walk_tells_what_asking_one_by_one_does(void **state)
{
    struct xs_permissions perms[] = {{.id = 0, .perms = XS_PERM_READ},
                                     {.id = 7, .perms = XS_PERM_WRITE}};

    make_tree();
    assert_true(xs_set_permissions(xs, XBT_NULL, "/t/wide", perms, 2));
    check_walk(XBT_NULL, "/", 0);
    check_walk(XBT_NULL, "/t", XS_WALK_PERMISSIONS);
    check_walk(XBT_NULL, "/t/each/7", XS_WALK_PERMISSIONS);
}

static void a_walk_in_a_transaction_sees_its_moment(void **state)
{
    xs_transaction_t t = xs_transaction_start(xs);
    struct text text;

    put("/t/outside", "");
    assert_true(xs_write(xs, t, "/t/inside/it", "1", 1));
    text_begin(&text);
    assert_true(xs_walk(xs, t, "/t", 0, add_node, &text));
    fclose(text.file);
    assert_string_equal(text.text, "0 /t/inside = 0 \n1 /t/inside/it = 1 1\n");
    free(text.text);
    assert_true(xs_transaction_end(xs, t, true));
}

static void a_walk_ends_when_it_is_told_to(void **state)
{
    struct text text;

    make_tree();
    for (unsigned int until = 1; until < 2000; until += 333) {
        text_begin(&text);
        text.until = until;
        assert_false(xs_walk(xs, XBT_NULL, "/t", 0, add_node, &text));
        assert_int_equal(errno, ECANCELED);
        assert_int_equal(text.nodes, until);
        fclose(text.file);
        free(text.text);
        /* Answers that nobody waits for any more harm nobody. */
        put("/t/after", "1");
    }
}

static void a_walk_of_nothing_fails(void **state)
{
    struct text text;

    text_begin(&text);
    assert_false(xs_walk(xs, XBT_NULL, "/none", 0, add_node, &text));
    assert_int_equal(errno, ENOENT);
    assert_false(xs_walk(xs, XBT_NULL, "/", 1UL << 31, add_node, &text));
    assert_int_equal(errno, EINVAL);
    assert_false(xs_walk(xs, 77, "/", 0, add_node, &text));
    assert_int_equal(errno, ENOENT);
    assert_int_equal(text.nodes, 0);
    put("/empty", "");
    assert_true(xs_walk(xs, XBT_NULL, "/empty", 0, add_node, &text));
    assert_int_equal(text.nodes, 0);
    fclose(text.file);
    free(text.text);
}

/* Removes each node's next sibling while the walk is under way. */
static bool remove_next(void *ctx, const struct xs_walk_node *node)
{
    unsigned int *left = ctx;
    char path[64];

    assert_true(!node->error || node->error == ENOENT);
    if (!node->error) {
        snprintf(path, sizeof(path), "/t/%d", atoi(node->name) + 1);
        xs_rm(xs, XBT_NULL, path);
        (*left)++;
    }
    return true;
}

static void the_handle_is_free_for_use_during_a_walk(void **state)
{
    unsigned int left = 0, num = 0;
    char path[64];

    for (unsigned int i = 0; i < 2000; i++) {
        snprintf(path, sizeof(path), "/t/%u", i);
        put(path, "");
    }
    assert_true(xs_walk(xs, XBT_NULL, "/t", 0, remove_next, &left));
    free(xs_directory(xs, XBT_NULL, "/t", &num));
    assert_in_range(left, num, 2000);
    assert_in_range(num, 1, 1100);
}

static void *walk_in_thread(void *arg)
{
    for (int i = 0; i < 20; i++) {
        struct text text;

        text_begin(&text);
        assert_true(xs_walk(xs, XBT_NULL, "/t", i % 2 ? XS_WALK_PERMISSIONS : 0, add_node, &text));
        assert_true(text.nodes >= 1500);
        fclose(text.file);
        free(text.text);
    }
    return NULL;
}

static void threads_walk_with_one_handle(void **state)
{
    pthread_t threads[3];

    make_tree();
    assert_true(xs_watch(xs, "/t", "token"));
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, walk_in_thread, NULL), 0);
    for (int i = 0; i < 2000; i++)
        put("/u", "value");
    for (size_t i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_walk_tells_what_asking_one_by_one_does), T(a_walk_in_a_transaction_sees_its_moment),
        T(a_walk_ends_when_it_is_told_to),           T(a_walk_of_nothing_fails),
        T(the_handle_is_free_for_use_during_a_walk), T(threads_walk_with_one_handle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
