/* SPDX-License-Identifier: MIT */
/* What sysctl debug_keys can be told to print. */
#include "domctl.h"

#include <hv/arch/domain.h>
#include <hv/printk.h>

static void show_domains(void)
{
    struct domain *d;
    struct vcpu *v;

    spin_lock(&domlist_lock);
    list_for_each_entry (d, &domain_list, link) {
        printk(XENLOG_INFO "d%d: refs %u, dying %d, paused %u, pages %lu of %lu, shared %lu, ports %u\n",
               d->domid, d->refcnt, d->is_dying, d->pause_count, (unsigned long)d->tot_pages,
               (unsigned long)d->max_pages, (unsigned long)d->xenheap_pages, d->evtchn.active);
        for_each_vcpu (d, v)
            printk(XENLOG_INFO "  v%u: CPU %u, %s, flags %lx, paused %u, upcall %d mask %d\n", v->id,
                   v->processor, v->is_running ? "runs" : "waits", v->pause_flags, v->pause_count,
                   v->vcpu_info->evtchn_upcall_pending, v->vcpu_info->evtchn_upcall_mask);
    }
    spin_unlock(&domlist_lock);
}

static void show_registers(void)
{
    struct vcpu *v;

    if (!dom0)
        return;
    for_each_vcpu (dom0, v)
        arch_show_vcpu(v);
}

static void show_heap(void)
{
    printk(XENLOG_INFO "heap: %lu of %lu pages free, %lu claimed\n",
           (unsigned long)heap_free_pages(NODE_ANY), (unsigned long)heap_total_pages(),
           (unsigned long)heap_outstanding_claims());
    for (unsigned int node = 0; node < num_nodes(); node++)
        printk(XENLOG_INFO "  node %u: %lu pages free\n", node, (unsigned long)heap_free_pages(node));
}

static const struct {
    char key;
    void (*show)(void);
    const char *what;
} keys[] = {
    {'0', show_registers, "dom0's registers"},
    {'H', show_heap, "the heap"},
    {'q', show_domains, "domains and vCPUs"},
};

void debug_key(char key)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(keys); i++) {
        if (keys[i].key == key) {
            keys[i].show();
            return;
        }
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(keys); i++)
        printk(XENLOG_INFO "key '%c': %s\n", keys[i].key, keys[i].what);
}
