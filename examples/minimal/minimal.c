/* SPDX-License-Identifier: MIT */
/* The smallest manager: who is on this host?  Prints why, as JSON, if it cannot tell. */
#include <inttypes.h>
#include <libxl.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <xenerror.h>

int main(void)
{
    libxl_ctx *ctx = NULL;
    libxl_dominfo *domains = NULL;
    int count = 0;

    if (!libxl_ctx_alloc(&ctx, LIBXL_VERSION, 0, NULL))
        domains = libxl_list_domain(ctx, &count);
    if (!domains) {
        char *why = xenerr_json();
        fprintf(stderr, "%s\n", why ? why : "unknown error");
        free(why);
    }
    for (int i = 0; i < count; i++) {
        char *name = libxl_domid_to_name(ctx, domains[i].domid);
        printf("%5" PRIu32 " %-24s %8" PRIu64 " KiB %3" PRIu32 " vCPUs\n", domains[i].domid,
               name ? name : "", domains[i].current_memkb, domains[i].vcpu_online);
        free(name);
    }
    libxl_dominfo_list_free(domains, count);
    libxl_ctx_free(ctx);
    return domains ? EXIT_SUCCESS : EXIT_FAILURE;
}
