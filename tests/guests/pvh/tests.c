/* SPDX-License-Identifier: MIT */
/* What tiny-pvh runs. */
#include "pvh.h"

void run(void)
{
    const char *how = option("die");

    expect(true, "mode-64bit", 0);
    if (how)
        die(how);
    test_processor();
    test_memory();
    test_interrupts();
    test_second();
    say("TESTS-END ", "failures", true, (uint64_t)failures);
}
