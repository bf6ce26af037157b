/* SPDX-License-Identifier: MIT */
/* What the tables describe is initialised, copied, compared, printed and parsed, and leaks nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <xenerror.h>
#include "fill.h"

#define ROUNDS 100

static void a_copy_is_equal_and_a_round_trip_through_json_too(void **state)
{
    unsigned int seed = 2;

    for (const struct type *const *t = libxl__types; *t; t++) {
        char *a = malloc((*t)->size), *b = malloc((*t)->size), *c = malloc((*t)->size);

        for (int i = 0; i < ROUNDS; i++) {
            char *json;

            fill(*t, a, &seed);
            assert_int_equal(libxl__type_copy(NULL, *t, b, a), 0);
            assert_true(libxl__type_equal(*t, a, b));
            json = libxl__type_to_json(NULL, *t, a);
            assert_non_null(json);
            assert_int_equal(libxl__type_from_json(NULL, *t, c, json), 0);
            if (!libxl__type_equal(*t, a, c)) {
                char *again = libxl__type_to_json(NULL, *t, c);

                /* A list without elements and no list are the same in JSON. */
                if (strcmp(json, again))
                    fail_msg("libxl_%s changed:\n%s\nto\n%s", (*t)->name, json, again);
                free(again);
            }
            free(json);
            libxl__type_dispose(*t, a);
            libxl__type_dispose(*t, b);
            libxl__type_dispose(*t, c);
        }
        free(a);
        free(b);
        free(c);
    }
}

static void disposing_twice_is_fine_and_leaves_the_defaults(void **state)
{
    unsigned int seed = 3;

    for (const struct type *const *t = libxl__types; *t; t++) {
        void *a = malloc((*t)->size), *b = malloc((*t)->size);

        fill(*t, a, &seed);
        libxl__type_dispose(*t, a);
        libxl__type_dispose(*t, a);
        libxl__type_init(*t, b);
        assert_memory_equal(a, b, (*t)->size);
        free(a);
        free(b);
    }
}

/* A difference in any one field is seen: each field of the defaults is changed in turn. */
static void a_difference_is_seen(void **state)
{
    libxl_domain_config a, b;

    libxl_domain_config_init(&a);
    libxl_domain_config_init(&b);
    assert_true(libxl__type_equal(&libxl__type_domain_config, &a, &b));
    b.on_crash = LIBXL_ACTION_ON_SHUTDOWN_PRESERVE;
    assert_false(libxl__type_equal(&libxl__type_domain_config, &a, &b));
    b.on_crash = a.on_crash;
    b.c_info.name = strdup("x");
    assert_false(libxl__type_equal(&libxl__type_domain_config, &a, &b));
    a.c_info.name = strdup("x");
    assert_true(libxl__type_equal(&libxl__type_domain_config, &a, &b));
    b.disks = calloc(1, sizeof(*b.disks));
    b.num_disks = 1;
    libxl_device_disk_init(b.disks);
    assert_false(libxl__type_equal(&libxl__type_domain_config, &a, &b));
    libxl_domain_config_dispose(&a);
    libxl_domain_config_dispose(&b);
}

/* Cut and garbled text is refused or taken, but never crashes and never leaks. */
static void bad_json_is_harmless(void **state)
{
    unsigned int seed = 4;

    for (int i = 0; i < 2000; i++) {
        libxl_domain_config c, d;
        char *json;
        size_t length;

        fill(&libxl__type_domain_config, &c, &seed);
        json = libxl_domain_config_to_json(NULL, &c);
        length = strlen(json);
        for (int j = 0; j < 3; j++)
            json[(size_t)rand_r(&seed) % length] = "{}[]\",:0x9-"[rand_r(&seed) % 11];
        if (i % 4 == 0)
            json[(size_t)rand_r(&seed) % length] = '\0';
        if (libxl_domain_config_from_json(NULL, &d, json))
            assert_true(xenerr_depth() > 0);
        libxl_domain_config_dispose(&d);
        libxl_domain_config_dispose(&c);
        free(json);
    }
}

static void wrong_values_are_named(void **state)
{
    static const struct {
        const char *json, *says;
    } cases[] = {
        {"{\"c_info\": 5}", "c_info: wanted an object, found int"},
        {"{\"c_info\": {\"type\": \"pw\"}}", "type: \"pw\" is no libxl_domain_type"},
        {"{\"b_info\": {\"max_vcpus\": \"x\"}}", "max_vcpus: wanted a whole number, found string"},
        {"{\"b_info\": {\"max_vcpus\": 9999999999}}", "max_vcpus: 9999999999 does not fit"},
        {"{\"b_info\": {\"event_channels\": -1}}", "event_channels: -1 does not fit"},
        {"{\"disks\": {}}", "disks: wanted an array, found object"},
        {"{\"b_info\": {\"avail_vcpus\": [-1]}}", "avail_vcpus: wanted bitmap, found array"},
        {"{", "unexpected end of data"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        libxl_domain_config c;
        char *chain;

        xenerr_begin();
        assert_int_equal(libxl_domain_config_from_json(NULL, &c, cases[i].json), ERROR_FAIL);
        chain = xenerr_text();
        assert_non_null(chain);
        if (!strstr(chain, cases[i].says))
            fail_msg("%s: says\n%s\nnot \"%s\"", cases[i].json, chain, cases[i].says);
        free(chain);
        libxl_domain_config_dispose(&c);
    }
}

static void an_unknown_member_is_left_alone(void **state)
{
    libxl_domain_config c;

    assert_int_equal(libxl_domain_config_from_json(
                         NULL, &c, "{\"c_info\": {\"name\": \"x\", \"of_tomorrow\": [1]}}"),
                     0);
    assert_string_equal(c.c_info.name, "x");
    libxl_domain_config_dispose(&c);
}

static void enums_are_found_in_any_case(void **state)
{
    libxl_domain_type type = LIBXL_DOMAIN_TYPE_INVALID;

    assert_int_equal(libxl_domain_type_from_string("PvH", &type), 0);
    assert_int_equal(type, LIBXL_DOMAIN_TYPE_PVH);
    assert_int_equal(libxl_domain_type_from_string("pvhh", &type), ERROR_FAIL);
    assert_int_equal(type, LIBXL_DOMAIN_TYPE_PVH);
    assert_null(libxl_domain_type_to_string(99));
}

static void bitmaps_hold_their_bits(void **state)
{
    libxl_bitmap a, b, c;
    char *hex;

    assert_int_equal(libxl_bitmap_alloc(NULL, &a, 10), 0);
    assert_int_equal(a.size, 2);
    libxl_bitmap_set(&a, 9);
    libxl_bitmap_set(&a, 16); /* past the end */
    libxl_bitmap_set(&a, -1);
    assert_true(libxl_bitmap_test(&a, 9));
    assert_false(libxl_bitmap_test(&a, 16));
    assert_int_equal(libxl_bitmap_count_set(&a), 1);
    assert_int_equal(libxl_bitmap_alloc(NULL, &b, 20), 0);
    libxl_bitmap_set(&b, 9);
    libxl_bitmap_set(&b, 19);
    assert_int_equal(libxl_bitmap_and(NULL, &c, &a, &b), 0);
    assert_int_equal(libxl_bitmap_count_set(&c), 1);
    libxl_bitmap_dispose(&c);
    assert_int_equal(libxl_bitmap_or(NULL, &c, &a, &b), 0);
    assert_int_equal(libxl_bitmap_count_set(&c), 2);
    assert_true(libxl_bitmap_equal(&c, &b, 0));
    assert_false(libxl_bitmap_equal(&a, &b, 0));
    assert_true(libxl_bitmap_equal(&a, &b, 12));
    hex = libxl_bitmap_to_hex_string(NULL, &b);
    assert_string_equal(hex, "0x080200");
    free(hex);
    libxl_bitmap_copy(NULL, &a, &b); /* into less room */
    assert_int_equal(libxl_bitmap_count_set(&a), 1);
    libxl_bitmap_dispose(&a);
    libxl_bitmap_dispose(&b);
    libxl_bitmap_dispose(&c);
    libxl_bitmap_dispose(&c);
    assert_int_equal(libxl_bitmap_alloc(NULL, &a, -1), ERROR_INVAL);
}

static void cpuid_policies_are_parsed(void **state)
{
    static const struct {
        const char *text;
        int rc;
    } cases[] = {{"sse3", 1},        {"nosuch=1", 2}, {"tm=q", 3},      {"family=zz", 3},
                 {"clflush=256", 3}, {"tm=s", 0},     {"family=25", 0}, {"maxleaf=0xd", 0}},
      xend[] = {
          {"z", 1},
          {"1", 3},
          {"1:efx=1", 4},
          {"1:ecx=1", 5},
          {"1:ecx=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx2", 6},
          {"7,1:eax=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx01,ebx=kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk", 0}};
    libxl_cpuid_policy_list list = NULL;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(libxl_cpuid_parse_config(&list, cases[i].text), cases[i].rc);
    for (size_t i = 0; i < sizeof(xend) / sizeof(xend[0]); i++)
        assert_int_equal(libxl_cpuid_parse_config_xend(&list, xend[i].text), xend[i].rc);
    assert_int_equal(libxl_cpuid_policy_list_length(&list), 3); /* leaves 0, 1 and 7,1 */
    libxl_cpuid_dispose(&list);
    assert_null(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_is_equal_and_a_round_trip_through_json_too),
        cmocka_unit_test(disposing_twice_is_fine_and_leaves_the_defaults),
        cmocka_unit_test(a_difference_is_seen),
        cmocka_unit_test(bad_json_is_harmless),
        cmocka_unit_test(wrong_values_are_named),
        cmocka_unit_test(an_unknown_member_is_left_alone),
        cmocka_unit_test(enums_are_found_in_any_case),
        cmocka_unit_test(bitmaps_hold_their_bits),
        cmocka_unit_test(cpuid_policies_are_parsed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
