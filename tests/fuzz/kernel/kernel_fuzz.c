/* SPDX-License-Identifier: MIT */
/*
 * Fuzzing the reader of kernel images: whatever the bytes, it opens the kernel or says why not,
 * reads nothing outside the image and frees what it allocated.
 *
 * Built with clang this is a libFuzzer target.  Otherwise: kernel_fuzz SECONDS [FILE...] runs the
 * files, then mutated kernels of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "image/image.h"
#include "make_kernel.h"

static size_t live;

static void *env_alloc(void *opaque, size_t size)
{
    void *p = malloc(size);

    live += p ? size : 0;
    return p;
}

static void env_free(void *opaque, void *ptr, size_t size)
{
    live -= size;
    free(ptr);
}

static int put(void *opaque, uint64_t offset, const void *src, size_t len)
{
    const struct image_kernel *k = opaque;
    const uint8_t *p = src;
    volatile uint8_t sum = 0;

    if (offset > k->phys_end - k->phys_start || len > k->phys_end - k->phys_start - offset)
        abort();
    for (size_t i = 0; p && i < len; i++)
        sum = (uint8_t)(sum + p[i]);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct image_env env = {env_alloc, env_free, NULL, NULL, 1u << 18};
    struct image_kernel k;

    if (image_open_kernel(&env, data, size, &k) == 0) {
        image_check_pv(&env, &k, ~0u);
        if (image_load_each(&k, put, &k))
            abort();
        if (image_check_pvh(&env, &k) == 0 &&
            (k.phys_end > UINT64_C(1) << 32 ||
             k.notes.phys32_entry - k.phys_start >= k.phys_end - k.phys_start ||
             image_load_each(&k, put, &k)))
            abort();
        image_close_kernel(&env, &k);
    }
    if (live)
        abort();
    return 0;
}

/* Kernels of each kind and format, to start from. */
#define NR_SEEDS 24

static const struct bytes *seeds(void)
{
    static const char *const formats[] = {"none", "none", "gzip", "xz",
                                          "lzma", "zstd", "lz4",  "bzip2"};
    static const struct kernel_spec specs[] = {
        {.text_len = 500, .features = "!a|b", .init_p2m = 4096, .hypercall_page = true},
        {.text_len = 500, .elf32 = true},
        {.text_len = 500, .sections_only = true, .paddr_offset = 4096, .phys32 = true},
    };
    static struct bytes images[NR_SEEDS];

    for (int i = 0; i < NR_SEEDS && !images[i].data; i++)
        images[i] = i % 8 ? make_kernel(&specs[i / 8], formats[i % 8]) : make_elf(&specs[i / 8]);
    return images;
}

#ifdef WITH_LIBFUZZER
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

/* Start again from a good kernel now and then, so that no corpus is needed. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
    const struct bytes *image = &seeds()[seed / 16 % NR_SEEDS];

    if (seed % 16 == 0 && image->len <= max_size) {
        memcpy(data, image->data, image->len);
        size = image->len;
    }
    return LLVMFuzzerMutate(data, size, max_size);
}
#else
static uint32_t random_state = 12345;

static uint32_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

/* Values that bounds checks get wrong. */
static void mutate(uint8_t *data, size_t len)
{
    static const uint64_t nasty[] = {
        0,          1,     0x7f, 0xff, 0xffff, 0x7fffffff, 0xffffffff, UINT64_C(0x7fffffffffffffff),
        UINT64_MAX, 0x1000};
    size_t width = (size_t)1 << (next_random() % 4);
    /* Headers are where it matters: half of the mutations go there. */
    size_t range = next_random() & 1 && len > 2048 ? 2048 : len;
    size_t pos = next_random() % range;
    uint64_t value = next_random() & 1 ? nasty[next_random() % 10] : next_random();

    if (width > len - pos)
        width = len - pos;
    memcpy(data + pos, &value, width);
}

static void run_mutated(struct bytes image)
{
    size_t len = next_random() % 8 ? image.len : next_random() % image.len;
    uint8_t *copy = malloc(len ? len : 1);

    if (!copy)
        abort();
    memcpy(copy, image.data, len);
    for (uint32_t i = next_random() % 6; len && i > 0; i--)
        mutate(copy, len);
    LLVMFuzzerTestOneInput(copy, len);
    free(copy);
}

static int run_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    static uint8_t data[64u << 20];
    size_t len = 0;

    if (!f) {
        perror(path);
        return 1;
    }
    len = fread(data, 1, sizeof(data), f);
    fclose(f);
    return LLVMFuzzerTestOneInput(data, len);
}

int main(int argc, char **argv)
{
    time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 5);
    unsigned long runs = 0;

    for (int i = 2; i < argc; i++)
        if (run_file(argv[i]))
            return 1;
    do {
        for (int i = 0; i < NR_SEEDS; i++, runs++)
            run_mutated(seeds()[i]);
    } while (time(NULL) < end);
    printf("%lu images\n", runs);
    return 0;
}
#endif
