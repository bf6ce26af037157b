/* SPDX-License-Identifier: MIT */
/* Configurations as JSON. */
#include "xl.h"

#define HAVE_YAJL_V2 1 /* for headers that ask */
#include <libxl_json.h>

static yajl_gen open_generator(void)
{
    yajl_gen hand = xl_must(libxl_yajl_gen_alloc(NULL));

    yajl_gen_config(hand, yajl_gen_beautify, 1);
    yajl_gen_config(hand, yajl_gen_indent_string, "    ");
    return hand;
}

/* Print and close; end follows the text. */
static int finish(yajl_gen hand, yajl_gen_status status, const char *end)
{
    const unsigned char *text = NULL;
    size_t length = 0;
    bool ok = status == yajl_gen_status_ok && !yajl_gen_get_buf(hand, &text, &length);

    if (ok)
        printf("%.*s%s", (int)length, (const char *)text, end);
    else
        fprintf(stderr, "unable to format domain config as JSON (YAJL:%d)\n", status);
    yajl_gen_free(hand);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

int print_config(libxl_domain_config *config)
{
    yajl_gen hand = open_generator();

    return finish(hand, libxl_domain_config_gen_json(hand, config), "");
}

static yajl_gen_status key(yajl_gen hand, const char *name)
{
    return yajl_gen_string(hand, (const unsigned char *)name, strlen(name));
}

static yajl_gen_status one_domain(yajl_gen hand, uint32_t domid, libxl_domain_config *config)
{
    yajl_gen_status status = yajl_gen_map_open(hand);

    status = status ? status : key(hand, "domid");
    status = status ? status : yajl_gen_integer(hand, domid);
    status = status ? status : key(hand, "config");
    status = status ? status : libxl_domain_config_gen_json(hand, config);
    return status ? status : yajl_gen_map_close(hand);
}

int print_configs(const libxl_dominfo *domains, int count)
{
    yajl_gen hand = open_generator();
    yajl_gen_status status = yajl_gen_array_open(hand);
    int rc = EXIT_SUCCESS;

    for (int i = 0; i < count && !status; i++) {
        libxl_domain_config config;

        libxl_domain_config_init(&config);
        if (!libxl_retrieve_domain_configuration(xl.ctx, domains[i].domid, &config, NULL)) {
            status = one_domain(hand, domains[i].domid, &config);
        } else {
            fprintf(stderr, "unable to retrieve the configuration of domain %u\n",
                    domains[i].domid);
            rc = EXIT_FAILURE;
        }
        libxl_domain_config_dispose(&config);
    }
    status = status ? status : yajl_gen_array_close(hand);
    return finish(hand, status, "\n") || rc;
}
