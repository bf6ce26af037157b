/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/eventfd.h>
#include <json-c/json.h>
#include <xenerror.h>
#include <xentoolcore_internal.h>
#include "fake_kernel.h"

static int fresh(void **state)
{
    fake_fail_allocation(0);
    xenerr_begin();
    return 0;
}

static void an_empty_chain_has_nothing_to_say(void **state)
{
    assert_int_equal(xenerr_depth(), 0);
    assert_int_equal(xenerr_errno(), 0);
    assert_null(xenerr_text());
    assert_null(xenerr_json());
    errno = 7;
    xenerr_field(XENERR_HINT, "ignored");
    assert_int_equal(errno, 7);
    assert_int_equal(xenerr_depth(), 0);
}

static void text_has_the_outermost_operation_first(void **state)
{
    char *text;

    assert_int_equal(xenerr_set(ESRCH, "libxenctrl", "xc_domain_pause", "no domain %d", 5), -1);
    assert_int_equal(errno, ESRCH);
    xenerr_field(XENERR_HYPERCALL, "domctl %s", "pausedomain");
    errno = EBUSY;
    assert_int_equal(xenerr_wrap("libxenlight", "libxl_domain_pause", "cannot pause"), -1);
    assert_int_equal(errno, EBUSY);
    assert_int_equal(xenerr_errno(), ESRCH);
    text = xenerr_text();
    assert_string_equal(text, "libxenlight: libxl_domain_pause: cannot pause\n"
                              "because: libxenctrl: xc_domain_pause: no domain 5\n"
                              "    hypercall: domctl pausedomain\n"
                              "    error: No such process (ESRCH)\n");
    free(text);
}

static void json_has_the_root_cause_last(void **state)
{
    struct json_object *array, *root, *value;
    char *text;

    xenerr_set(ENOENT, "a", "open", "quote \" and \\ and \x01");
    xenerr_field(XENERR_FILE, "/boot/%s", "vmlinuz");
    xenerr_field(XENERR_STORE_PATH, "/local/domain/0");
    xenerr_wrap("b", "start", "failed");
    text = xenerr_json();
    array = json_tokener_parse(text);
    assert_int_equal(json_object_array_length(array), 2);
    root = json_object_array_get_idx(array, 1);
    assert_true(json_object_object_get_ex(root, "message", &value));
    assert_string_equal(json_object_get_string(value), "quote \" and \\ and \x01");
    assert_true(json_object_object_get_ex(root, "errno", &value));
    assert_int_equal(json_object_get_int(value), ENOENT);
    assert_true(json_object_object_get_ex(root, "error", &value));
    assert_string_equal(json_object_get_string(value), "ENOENT");
    assert_true(json_object_object_get_ex(root, "file", &value));
    assert_string_equal(json_object_get_string(value), "/boot/vmlinuz");
    assert_true(json_object_object_get_ex(root, "store_path", &value));
    assert_false(json_object_object_get_ex(root, "hint", &value));
    json_object_put(array);
    free(text);
}

static void wrap_without_a_root_takes_errno(void **state)
{
    errno = EIO;
    xenerr_wrap("l", "op", "text");
    assert_int_equal(xenerr_errno(), EIO);
    assert_int_equal(xenerr_depth(), 1);
}

static void a_full_chain_keeps_the_root_and_the_newest(void **state)
{
    char *text;
    int i;

    xenerr_set(EINVAL, "l", "root", "root");
    for (i = 0; i < 40; i++)
        xenerr_wrap("l", "op", "frame %d", i);
    assert_int_equal(xenerr_depth(), XENERR_MAX_FRAMES);
    text = xenerr_text();
    assert_non_null(strstr(text, "root: root"));
    assert_non_null(strstr(text, "frame 39\n"));
    assert_non_null(strstr(text, "frame 25\n"));
    assert_null(strstr(text, "frame 24\n"));
    free(text);
}

static void long_texts_and_fields_are_cut(void **state)
{
    char longer[2000], *text;
    int i;

    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    xenerr_set(EINVAL, "l", "op", "%s", longer);
    for (i = XENERR_STAGE; i <= XENERR_HINT; i++)
        xenerr_field(i, "%s", longer);
    xenerr_field(0, "no such field");
    xenerr_field(XENERR_HINT + 1, "no such field");
    text = xenerr_text();
    assert_true(strlen(text) < 1000);
    free(text);
}

static void *other_thread(void *arg)
{
    *(int *)arg = xenerr_depth();
    xenerr_set(EPERM, "l", "thread", "mine");
    return NULL;
}

static void a_chain_is_its_threads_own(void **state)
{
    pthread_t thread;
    int depth = -1;

    xenerr_set(EINVAL, "l", "op", "text");
    assert_int_equal(pthread_create(&thread, NULL, other_thread, &depth), 0);
    pthread_join(thread, NULL);
    assert_int_equal(depth, 0);
    assert_int_equal(xenerr_errno(), EINVAL);
}

struct handle {
    Xentoolcore__Active_Handle active;
    int result;
    int restricted_to;
};

static int on_restrict(Xentoolcore__Active_Handle *ah, domid_t domid)
{
    struct handle *h = (struct handle *)ah;

    if (h->result)
        errno = h->result;
    h->restricted_to = domid;
    return h->result ? -1 : 0;
}

static void restrict_all_reaches_every_open_handle(void **state)
{
    struct handle a = {.active.restrict_callback = on_restrict};
    struct handle b = {.active.restrict_callback = on_restrict};

    xentoolcore__register_active_handle(&a.active);
    xentoolcore__register_active_handle(&b.active);
    assert_int_equal(xentoolcore_restrict_all(7), 0);
    assert_int_equal(a.restricted_to, 7);
    assert_int_equal(b.restricted_to, 7);
    xentoolcore__deregister_active_handle(&b.active);
    assert_int_equal(xentoolcore_restrict_all(8), 0);
    assert_int_equal(a.restricted_to, 8);
    assert_int_equal(b.restricted_to, 7);
    a.result = EOPNOTSUPP;
    assert_int_equal(xentoolcore_restrict_all(9), -1);
    assert_int_equal(errno, EOPNOTSUPP);
    xentoolcore__deregister_active_handle(&a.active);
}

static void dup2_null_leaves_a_useless_descriptor(void **state)
{
    uint64_t value = 1;
    int fd = eventfd(0, EFD_CLOEXEC);

    assert_int_equal(xentoolcore__restrict_by_dup2_null(-1), 0);
    assert_int_equal(xentoolcore__restrict_by_dup2_null(fd), 0);
    assert_int_equal(write(fd, &value, sizeof(value)), -1);
    assert_int_equal(read(fd, &value, sizeof(value)), 0);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_empty_chain_has_nothing_to_say, fresh),
        cmocka_unit_test_setup(text_has_the_outermost_operation_first, fresh),
        cmocka_unit_test_setup(json_has_the_root_cause_last, fresh),
        cmocka_unit_test_setup(wrap_without_a_root_takes_errno, fresh),
        cmocka_unit_test_setup(a_full_chain_keeps_the_root_and_the_newest, fresh),
        cmocka_unit_test_setup(long_texts_and_fields_are_cut, fresh),
        cmocka_unit_test_setup(a_chain_is_its_threads_own, fresh),
        cmocka_unit_test_setup(restrict_all_reaches_every_open_handle, fresh),
        cmocka_unit_test_setup(dup2_null_leaves_a_useless_descriptor, fresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
