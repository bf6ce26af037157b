/* SPDX-License-Identifier: MIT */
/* Network interfaces of the host, by rtnetlink. */
#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "dev.h"

struct request {
    struct nlmsghdr h;
    union {
        struct ifinfomsg link;
        struct rtmsg route;
    };
    char space[256];
};

static struct request link_request(unsigned int type, unsigned int flags, int index)
{
    struct request r = {
        .h = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
              .nlmsg_type = (uint16_t)type,
              .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags)},
    };

    r.link = (struct ifinfomsg){.ifi_family = AF_UNSPEC, .ifi_index = index};
    return r;
}

/* All of a request's attributes fit: names, addresses and numbers. */
static struct rtattr *attribute(struct request *r, unsigned int type, const void *data, size_t len)
{
    struct rtattr *a = (struct rtattr *)((char *)r + NLMSG_ALIGN(r->h.nlmsg_len));

    a->rta_type = (uint16_t)type;
    a->rta_len = (uint16_t)RTA_LENGTH(len);
    if (len)
        memcpy(RTA_DATA(a), data, len);
    r->h.nlmsg_len = NLMSG_ALIGN(r->h.nlmsg_len) + (uint32_t)RTA_ALIGN(a->rta_len);
    return a;
}

static void name_attribute(struct request *r, const char *name)
{
    attribute(r, IFLA_IFNAME, name, strlen(name) + 1);
}

static int receive_answer(int fd)
{
    union {
        struct nlmsghdr h;
        char bytes[1024];
    } answer;
    const struct nlmsgerr *error = NLMSG_DATA(&answer.h);
    ssize_t n;

    do
        n = recv(fd, &answer, sizeof(answer), 0);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -1;
    if (n < (ssize_t)NLMSG_LENGTH(sizeof(*error)) || answer.h.nlmsg_type != NLMSG_ERROR) {
        errno = EPROTO;
        return -1;
    }
    errno = -error->error;
    return error->error ? -1 : 0;
}

static int transact(struct request *r)
{
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), rc = -1, saved;

    if (fd < 0)
        return -1;
    if (sendto(fd, r, r->h.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) >= 0)
        rc = receive_answer(fd);
    saved = errno;
    close(fd);
    errno = saved;
    return rc;
}

int libxl__link_index(const char *name)
{
    unsigned int index = if_nametoindex(name);

    return index ? (int)index : -1;
}

int libxl__link_mtu(const char *name)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc, saved;
    struct ifreq request = {.ifr_mtu = 0};

    if (fd < 0)
        return -1;
    strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
    rc = ioctl(fd, SIOCGIFMTU, &request);
    saved = errno;
    close(fd);
    errno = saved;
    return rc ? -1 : request.ifr_mtu;
}

int libxl__link_new_bridge(const char *name)
{
    struct request r = link_request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
    struct rtattr *info;

    r.link.ifi_flags = r.link.ifi_change = IFF_UP;
    name_attribute(&r, name);
    info = attribute(&r, IFLA_LINKINFO, NULL, 0);
    attribute(&r, IFLA_INFO_KIND, "bridge", strlen("bridge") + 1);
    info->rta_len = (uint16_t)((char *)&r + r.h.nlmsg_len - (char *)info);
    return transact(&r);
}

int libxl__link_rename(const char *name, const char *to)
{
    struct request r = link_request(RTM_NEWLINK, 0, libxl__link_index(name));

    name_attribute(&r, to);
    return r.link.ifi_index < 0 ? -1 : transact(&r);
}

int libxl__link_configure(const char *name, const uint8_t *mac, int mtu, const char *master,
                          bool up)
{
    struct request r = link_request(RTM_NEWLINK, 0, libxl__link_index(name));
    uint32_t number = (uint32_t)mtu;
    int index = master ? libxl__link_index(master) : 0;

    if (r.link.ifi_index < 0 || index < 0)
        return -1;
    if (mac)
        attribute(&r, IFLA_ADDRESS, mac, 6);
    if (mtu > 0)
        attribute(&r, IFLA_MTU, &number, sizeof(number));
    if (master)
        attribute(&r, IFLA_MASTER, &index, sizeof(index));
    if (up)
        r.link.ifi_flags = r.link.ifi_change = IFF_UP;
    return transact(&r);
}

/* The address that the host speaks from, as the gateway device has it. */
static bool own_address(const char *gateway_dev, struct in_addr *address)
{
    int fd = gateway_dev ? socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
    struct ifreq request = {.ifr_addr = {.sa_family = AF_INET}};
    bool found;

    if (fd < 0)
        return false;
    strncpy(request.ifr_name, gateway_dev, sizeof(request.ifr_name) - 1);
    found = !ioctl(fd, SIOCGIFADDR, &request);
    if (found)
        *address = ((struct sockaddr_in *)&request.ifr_addr)->sin_addr;
    close(fd);
    return found;
}

int libxl__link_route(const char *name, const char *ip, const char *gateway_dev, bool add)
{
    struct request r =
        link_request(add ? RTM_NEWROUTE : RTM_DELROUTE, add ? NLM_F_CREATE | NLM_F_REPLACE : 0, 0);
    int index = libxl__link_index(name), family = strchr(ip, ':') ? AF_INET6 : AF_INET;
    struct in_addr own;
    struct in6_addr to;

    if (index < 0)
        return -1;
    if (inet_pton(family, ip, &to) != 1) {
        errno = EINVAL;
        return -1;
    }
    r.h.nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg));
    r.route = (struct rtmsg){.rtm_family = (uint8_t)family,
                             .rtm_dst_len = family == AF_INET ? 32 : 128,
                             .rtm_table = RT_TABLE_MAIN,
                             .rtm_protocol = RTPROT_STATIC,
                             .rtm_scope = add ? RT_SCOPE_LINK : RT_SCOPE_NOWHERE,
                             .rtm_type = RTN_UNICAST};
    attribute(&r, RTA_DST, &to, family == AF_INET ? 4 : 16);
    attribute(&r, RTA_OIF, &index, sizeof(index));
    if (family == AF_INET && own_address(gateway_dev, &own))
        attribute(&r, RTA_PREFSRC, &own, sizeof(own));
    return transact(&r);
}
