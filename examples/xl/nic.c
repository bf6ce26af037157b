/* SPDX-License-Identifier: MIT */
/* xl-network-configuration(5): by libxlutil where it can, as upstream's cannot. */
#include "xl.h"

#include <stddef.h>

#ifdef LIBXLU_HAVE_VIF_PARSE

int parse_nic(XLU_Config *cfg, const char *spec, libxl_device_nic *nic)
{
    return xlu_vif_parse(cfg, spec, nic) ? 1 : 0;
}

#else

#define END                                                                                        \
    {                                                                                              \
        NULL, 0, 0, NULL                                                                           \
    }
#define N(member) offsetof(libxl_device_nic, member)

static const struct field nic_fields[] = {
    {"mac", FIELD_MAC, N(mac), NULL},
    {"bridge", FIELD_STRING, N(bridge), NULL},
    {"gatewaydev", FIELD_STRING, N(gatewaydev), NULL},
    {"netdev", FIELD_STRING, N(gatewaydev), NULL},
    {"model", FIELD_STRING, N(model), NULL},
    {"vifname", FIELD_STRING, N(ifname), NULL},
    {"script", FIELD_STRING, N(script), NULL},
    {"ip", FIELD_STRING, N(ip), NULL},
    {"backend", FIELD_STRING, N(backend_domname), NULL},
    {"devid", FIELD_INT, N(devid), NULL},
    {"mtu", FIELD_INT, N(mtu), NULL},
    {"trusted", FIELD_TRUE, N(trusted), NULL},
    {"untrusted", FIELD_FALSE, N(trusted), NULL},
    {"accel", FIELD_IGNORED, 0, NULL},
    END,
};

/* One key=value; "type" and "rate" are not mere values. */
static int one_nic_field(XLU_Config *cfg, const char *pair, libxl_device_nic *nic)
{
    if (!strncmp(pair, "rate=", 5))
        return xlu_vif_parse_rate(cfg, pair + 5, nic) ? 1 : 0;
    if (!strcmp(pair, "type=ioemu"))
        nic->nictype = LIBXL_NIC_TYPE_VIF_IOEMU;
    else if (!strcmp(pair, "type=vif"))
        nic->nictype = LIBXL_NIC_TYPE_VIF;
    else
        return field_set("vif", pair, nic_fields, nic);
    return 0;
}

int parse_nic(XLU_Config *cfg, const char *spec, libxl_device_nic *nic)
{
    char *copy = xl_must(strdup(spec)), *rest = copy, *item;
    int rc = 0;

    while (!rc && (item = strsep(&rest, ","))) {
        item += strspn(item, " \t");
        if (*item)
            rc = one_nic_field(cfg, item, nic);
    }
    free(copy);
    return rc;
}

#endif
