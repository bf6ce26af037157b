/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <syslog.h>
#include <xen/xen.h>
#include "consoled.h"

void hypervisor_messages(struct consoled *daemon)
{
    char buf[16384];
    unsigned int len = 0;

    do {
        len = sizeof(buf);
        if (xc_readconsolering(daemon->xc, buf, &len, 0, 1, &daemon->hypervisor_index) != 0) {
            syslog(LOG_WARNING, "cannot read the hypervisor's messages: %s", strerror(errno));
            return;
        }
        log_write(&daemon->hypervisor_log, buf, len);
    } while (len == sizeof(buf));
}

void hypervisor_start(struct consoled *daemon)
{
    const struct settings *settings = &daemon->settings;

    if (!settings->log_hypervisor)
        return;
    daemon->hypervisor_log.timestamps = settings->time_hypervisor;
    daemon->hypervisor_log.hide_escape = settings->hide_escape;
    if (log_open(&daemon->hypervisor_log, settings->log_dir, "hypervisor") != 0)
        return;
    daemon->hypervisor_port = xenevtchn_bind_virq(daemon->evtchn, VIRQ_CON_RING);
    if (daemon->hypervisor_port < 0)
        syslog(LOG_WARNING, "no signal for the hypervisor's messages: %s", strerror(errno));
    hypervisor_messages(daemon);
}
