/* SPDX-License-Identifier: MIT */
/* Interfaces by rtnetlink, on the real kernel in a network name space of this test's own. */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include "device/dev.h"

static void a_bridge_is_made_once(void **state)
{
    assert_int_equal(libxl__link_index("xenbr0"), -1);
    assert_int_equal(libxl__link_new_bridge("xenbr0"), 0);
    assert_true(libxl__link_index("xenbr0") > 0);
    assert_int_equal(libxl__link_mtu("xenbr0"), 1500);
    assert_int_equal(libxl__link_new_bridge("xenbr0"), -1);
    assert_int_equal(errno, EEXIST);
    assert_int_equal(libxl__link_new_bridge("a-name-that-is-too-long"), -1);
}

/* A bridge cannot be in a bridge, so one is enough to see what is refused. */
static void interfaces_are_configured(void **state)
{
    static const uint8_t mac[] = {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff};
    char path[64], text[32];
    FILE *f;

    assert_int_equal(libxl__link_new_bridge("vif1.0"), 0);
    assert_int_equal(libxl__link_configure("vif1.0", mac, 1400, NULL, true), 0);
    assert_int_equal(libxl__link_mtu("vif1.0"), 1400);
    snprintf(path, sizeof(path), "/sys/class/net/vif1.0/address");
    f = fopen(path, "r");
    if (f) { /* the name space's own files may not be there */
        assert_non_null(fgets(text, sizeof(text), f));
        assert_string_equal(text, "fe:ff:ff:ff:ff:ff\n");
        fclose(f);
    }
    assert_int_equal(libxl__link_configure("vif1.0", NULL, -1, "nothing", true), -1);
    assert_int_equal(errno, ENODEV);
    assert_int_equal(libxl__link_configure("vif1.0", NULL, -1, "xenbr0", true), -1);
    assert_int_equal(errno, ELOOP);
    assert_int_equal(libxl__link_configure("nothing", mac, 1400, NULL, true), -1);
    assert_int_equal(libxl__link_rename("nothing", "guest0"), -1);
    assert_int_equal(libxl__link_configure("vif1.0", NULL, 10, NULL, true), -1);
}

static void addresses_are_routed(void **state)
{
    assert_int_equal(libxl__link_route("vif1.0", "10.1.2.3", NULL, true), 0);
    assert_int_equal(libxl__link_route("vif1.0", "10.1.2.3", NULL, true), 0);
    assert_int_equal(libxl__link_route("vif1.0", "10.1.2.3", NULL, false), 0);
    assert_int_equal(libxl__link_route("vif1.0", "10.1.2.3", NULL, false), -1);
    assert_int_equal(libxl__link_route("vif1.0", "10.1.2", NULL, true), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(libxl__link_route("nothing", "10.1.2.3", NULL, true), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bridge_is_made_once),
        cmocka_unit_test(interfaces_are_configured),
        cmocka_unit_test(addresses_are_routed),
    };

    if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET)) {
        printf("no network name space may be made here: %s\n", strerror(errno));
        return 77;
    }
    if (libxl__link_new_bridge("probe") && errno != EEXIST) {
        printf("no bridge can be made here: %s\n", strerror(errno));
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
