/* SPDX-License-Identifier: MIT */
/* Without libFuzzer: inputs made by a fixed seed, or the files that are given. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *name)
{
    static uint8_t data[1 << 20];
    FILE *file = fopen(name, "rb");
    size_t size = 0;

    if (!file) {
        perror(name);
        return 1;
    }
    size = fread(data, 1, sizeof(data), file);
    fclose(file);
    LLVMFuzzerTestOneInput(data, size);
    return 0;
}

int main(int argc, char **argv)
{
    static uint8_t data[2000];
    int rounds = argc == 3 && strcmp(argv[1], "--rounds") == 0 ? atoi(argv[2]) : 3000, rc = 0;

    if (argc > 1 && argv[1][0] != '-') {
        for (int i = 1; i < argc; i++)
            rc |= run_file(argv[i]);
        return rc;
    }
    srandom(1);
    for (int round = 0; round < rounds; round++) {
        size_t size = random() % sizeof(data);

        for (size_t i = 0; i < size; i++)
            data[i] = random() >> 8;
        LLVMFuzzerTestOneInput(data, size);
    }
    printf("%d inputs, no complaint\n", rounds);
    return 0;
}
