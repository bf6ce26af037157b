/* SPDX-License-Identifier: MIT */
/*
 * The drop-in layout against the library it stands in for: the same defaults, byte for byte, the
 * same names of enum values, and the same JSON of anything.  Skipped where Debian's is not there.
 */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "fill.h"

#define REFERENCE "libxenlight.so.4.17"
#define ROUNDS    300

static void *reference;

static void *symbol(const char *type, const char *suffix)
{
    char name[128];

    snprintf(name, sizeof(name), "libxl_%s_%s", type, suffix);
    return dlsym(reference, name);
}

/* Enums are passed by value, structs by reference. */
static char *reference_json(const struct type *t, void *p)
{
    void *f = symbol(t->name, "to_json");

    if (!f)
        return NULL;
    if (t->kind == TYPE_ENUM)
        return ((char *(*)(void *, int))f)(NULL, *(int *)p);
    return ((char *(*)(void *, void *))f)(NULL, p);
}

static void defaults_are_the_same(void **state)
{
    for (const struct type *const *t = libxl__types; *t; t++) {
        void (*init)(void *) = (void (*)(void *))symbol((*t)->name, "init");
        uint8_t *ours, *theirs;

        if ((*t)->kind != TYPE_STRUCT || !init)
            continue;
        ours = malloc((*t)->size);
        theirs = malloc((*t)->size + 16);
        memset(theirs, 0xaa, (*t)->size + 16);
        init(theirs);
        libxl__type_init(*t, ours);
        if (memcmp(ours, theirs, (*t)->size))
            fail_msg("libxl_%s_init() differs", (*t)->name);
        for (int i = 0; i < 16; i++)
            assert_int_equal(theirs[(*t)->size + i], 0xaa); /* the size is right */
        free(ours);
        free(theirs);
    }
}

static void names_are_the_same(void **state)
{
    for (const struct type *const *t = libxl__types; *t; t++) {
        const char *(*to_string)(int) = (const char *(*)(int))symbol((*t)->name, "to_string");

        if ((*t)->kind != TYPE_ENUM)
            continue;
        assert_non_null(to_string);
        for (int v = -70; v < 200; v++) {
            const char *ours = libxl__enum_name(*t, v), *theirs = to_string(v);

            if (ours && theirs ? strcmp(ours, theirs) != 0 : ours != theirs)
                fail_msg("libxl_%s %d: %s, not %s", (*t)->name, v, ours, theirs);
        }
    }
}

static void json_is_the_same(void **state)
{
    unsigned int seed = 1;

    fill_private = false;

    for (const struct type *const *t = libxl__types; *t; t++) {
        void *p = malloc((*t)->size);

        for (int i = 0; i < ROUNDS; i++) {
            char *ours, *theirs;

            fill(*t, p, &seed);
            ours = libxl__type_to_json(NULL, *t, p);
            theirs = reference_json(*t, p);
            if (theirs && (!ours || strcmp(ours, theirs))) {
                fprintf(stderr, "libxl_%s as JSON is\n%s\nnot\n%s", (*t)->name, ours, theirs);
                fail();
            }
            free(ours);
            free(theirs);
            libxl__type_dispose(*t, p);
        }
        free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_the_same),
        cmocka_unit_test(names_are_the_same),
        cmocka_unit_test(json_is_the_same),
    };

#ifdef __SANITIZE_ADDRESS__
    printf("SKIP: AddressSanitizer does not go with RTLD_DEEPBIND\n");
    return 77;
#endif
    reference = dlopen(REFERENCE, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    if (!reference) {
        printf("SKIP: %s\n", dlerror());
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
