/* SPDX-License-Identifier: MIT */
/* What tiny-pvh runs. */
#include "pvh.h"

void run(void)
{
    const char *how = option("die"), *what = option("run");

    if (what && *what == 'f') {
        run_fpu();
        return;
    }
    if (what && *what == 't') {
        run_time();
        return;
    }
    expect(true, "mode-64bit", 0);
    if (how)
        die(how);
    test_processor();
    test_memory();
    test_interrupts();
    test_second();
    say("TESTS-END ", "failures", true, (uint64_t)failures);
}
