/* SPDX-License-Identifier: MIT */
/*
 * Fuzzing libxlutil: whatever the text, it is parsed or refused, and all memory comes back (the
 * sanitizers look).  The first byte chooses the parser.
 *
 * Built with clang this is a libFuzzer target.  Otherwise: cfg_fuzz SECONDS [FILE...] runs the
 * files, then mutated texts of its own.
 */
#include <libxlutil.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static FILE *nowhere;

static void walk(XLU_Config *cfg, XLU_ConfigValue *value, int depth)
{
    XLU_ConfigList *list;
    char *text;

    if (!value)
        return;
    if (xlu_cfg_value_type(value) == XLU_STRING) {
        if (xlu_cfg_value_get_string(cfg, value, &text, 1) || strlen(text) > 1 << 20)
            abort();
        return;
    }
    if (depth > 40 || xlu_cfg_value_get_list(cfg, value, &list, 1))
        abort();
    for (int i = 0; xlu_cfg_get_listitem2(list, i); i++)
        walk(cfg, xlu_cfg_get_listitem2(list, i), depth + 1);
}

static void config(XLU_Config *cfg, const char *text, size_t size)
{
    static const char *const keys[] = {"a", "b", "name", "disk", "vif"};
    libxl_string_list strings = NULL;
    XLU_ConfigList *list;
    long number;

    if (xlu_cfg_readdata(cfg, text, (int)size))
        return;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        xlu_cfg_get_long(cfg, keys[i], &number, 0);
        if (!xlu_cfg_get_list_as_string_list(cfg, keys[i], &strings, 0))
            libxl_string_list_dispose(&strings);
        if (!xlu_cfg_get_list(cfg, keys[i], &list, NULL, 1))
            for (int j = 0; xlu_cfg_get_listitem2(list, j); j++)
                walk(cfg, xlu_cfg_get_listitem2(list, j), 0);
    }
}

static void disk(XLU_Config *cfg, const char *text)
{
    libxl_device_disk d;

    libxl_device_disk_init(&d);
    if (!xlu_disk_parse(cfg, 1, &text, &d) && (!d.vdev || (d.is_cdrom && d.readwrite)))
        abort();
    libxl_device_disk_dispose(&d);
}

static void nic(XLU_Config *cfg, const char *text)
{
    libxl_device_nic n;

    libxl_device_nic_init(&n);
    if (!xlu_vif_parse_rate(cfg, text, &n) &&
        (!n.rate_bytes_per_interval || !n.rate_interval_usecs))
        abort();
    libxl_device_nic_dispose(&n);
}

static void pci(XLU_Config *cfg, const char *text, int whole)
{
    libxl_device_pci p;

    libxl_device_pci_init(&p);
    if (!(whole ? xlu_pci_parse_spec_string(cfg, &p, text) : xlu_pci_parse_bdf(cfg, &p, text)) &&
        (p.dev > 0x1f || p.func > 7))
        abort();
    libxl_device_pci_dispose(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    libxl_rdm_reserve rdm;
    XLU_Config *cfg;
    char *text;

    if (!nowhere)
        nowhere = fopen("/dev/null", "w");
    if (!size || !nowhere)
        return 0;
    cfg = xlu_cfg_init(nowhere, "fuzz");
    /* Exactly as long as it is: reading on is seen. */
    text = strndup((const char *)data + 1, size - 1);
    if (!cfg || !text)
        abort();
    switch (data[0] % 6) {
    case 0:
        config(cfg, (const char *)data + 1, size - 1);
        break;
    case 1:
        disk(cfg, text);
        break;
    case 2:
        nic(cfg, text);
        break;
    case 3:
    case 4:
        pci(cfg, text, data[0] % 6 == 3);
        break;
    case 5:
        libxl_rdm_reserve_init(&rdm);
        xlu_rdm_parse(cfg, &rdm, text);
        libxl_rdm_reserve_dispose(&rdm);
        break;
    }
    free(text);
    xlu_cfg_destroy(cfg);
    return 0;
}

#ifndef WITH_LIBFUZZER
static const char *const seeds[] = {
    "\0a=[1,[\"x\",'y'],0x10]\nb+=\"z\\n\\x41\"; name=\"g\" # c\ndisk=[\"/x,raw,hda,w\"]",
    "\1raw:tap:aio:/dev/x,raw,hda:cdrom,rw,backendtype=phy,target=/a,b",
    "\1format=qcow2, vdev=xvda, access=ro, script=s, colo-port=99, discard, target=/x",
    "\2"
    "10MB/s@20ms",
    "\3"
    "0000:36:1f.*@1e,seize=1,rdm_policy=strict,name=x",
    "\4"
    "0000:36:1f.7",
    "\5strategy=host,policy=relaxed",
};
static const size_t seed_lengths[] = {72, 65, 76, 11, 52, 13, 29};

static uint64_t random_state = 0x9e3779b97f4a7c15;

static uint32_t random32(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 16);
}

/* A seed with some bytes changed, dropped, doubled. */
static size_t mutate(uint8_t *out, size_t room)
{
    static const char alphabet[] = "=,:;'\"[]()#\\+-@.*^ \n\t0179afxrwhd/";
    size_t which = random32() % (sizeof(seeds) / sizeof(seeds[0])), size = seed_lengths[which];
    const size_t least = strnlen(seeds[which] + 1, room) + 1;

    size = size < least ? size : least;
    memcpy(out, seeds[which], size);
    for (uint32_t n = random32() % 8; n-- && size > 2;) {
        size_t at = 1 + random32() % (size - 1), length;

        switch (random32() % 4) {
        case 0:
            out[at] = (uint8_t)random32();
            break;
        case 1:
            out[at] = (uint8_t)alphabet[random32() % (sizeof(alphabet) - 1)];
            break;
        case 2:
            memmove(out + at, out + at + 1, size - at - 1);
            size--;
            break;
        default:
            length = 1 + random32() % (size - at);
            if (size + length < room) {
                memmove(out + at + length, out + at, size - at);
                size += length;
            }
        }
    }
    return size;
}

static void run_file(const char *name)
{
    static uint8_t data[1 << 20];
    FILE *file = fopen(name, "rb");

    if (!file) {
        perror(name);
        exit(EXIT_FAILURE);
    }
    LLVMFuzzerTestOneInput(data, fread(data, 1, sizeof(data), file));
    fclose(file);
}

int main(int argc, char **argv)
{
    time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 5);
    unsigned long runs = 0;

    for (int i = 2; i < argc; i++)
        run_file(argv[i]);
    while (time(NULL) < end) {
        for (int i = 0; i < 1000; i++, runs++) {
            uint8_t *data = malloc(4096), *exact;
            size_t size = mutate(data, 4096);

            exact = realloc(data, size);
            LLVMFuzzerTestOneInput(exact, size);
            free(exact);
        }
    }
    printf("%lu runs\n", runs);
    fclose(nowhere);
    return 0;
}
#endif
