/* SPDX-License-Identifier: MIT */
/* vCPUs: creation, and where their vcpu_info is. */
#include <hv/arch/domain.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/printk.h>
#include <hv/string.h>

struct vcpu_info dummy_vcpu_info;

static void periodic_timer_fn(void *data)
{
    struct vcpu *v = data;
    s_time_t t = now(), period = read_atomic(&v->periodic_period);

    send_guest_vcpu_virq(v, VIRQ_TIMER);
    if (!period)
        return;
    /* Ticks that were missed are not made up for. */
    v->periodic_last_event += period;
    if (v->periodic_last_event + period <= t)
        v->periodic_last_event = t - (t - v->periodic_last_event) % period;
    timer_set(&v->periodic_timer, v->periodic_last_event + period);
}

static void singleshot_timer_fn(void *data)
{
    send_guest_vcpu_virq(data, VIRQ_TIMER);
}

static void poll_timer_fn(void *data)
{
    vcpu_unblock(data);
}

static struct vcpu *alloc_vcpu(struct domain *d, unsigned int id)
{
    struct vcpu *v = hv_new(struct vcpu);

    if (!v)
        return NULL;
    v->domain = d;
    v->id = id;
    v->vcpu_info = d->shared_info && id < XEN_LEGACY_MAX_VCPUS ? &d->shared_info->vcpu_info[id]
                                                               : &dummy_vcpu_info;
    spin_lock_init(&v->virq_lock);
    list_init(&v->sched.runq);
    v->runstate.state_entry_time = (uint64_t)now();
    v->runstate.state = d->is_idle ? RUNSTATE_running : RUNSTATE_offline;
    return v;
}

struct vcpu *idle_vcpu_create(unsigned int cpu)
{
    struct vcpu *v = alloc_vcpu(idle_domain, cpu);

    if (!v)
        panic("No memory for the idle vCPU of CPU %u", cpu);
    v->processor = cpu;
    v->is_initialised = v->is_running = true;
    idle_domain->vcpu[cpu] = idle_vcpu[cpu] = v;
    return v;
}

struct vcpu *vcpu_create(struct domain *d, unsigned int id, int *err)
{
    struct vcpu *v = NULL;
    int rc = -EINVAL;

    if (id >= d->max_vcpus || d->vcpu[id])
        goto out;
    rc = -ENOMEM;
    v = alloc_vcpu(d, id);
    if (!v)
        goto out;
    v->pause_flags = VPF_down;
    sched_init_vcpu(v);
    timer_init(&v->periodic_timer, periodic_timer_fn, v, v->processor);
    timer_init(&v->singleshot_timer, singleshot_timer_fn, v, v->processor);
    timer_init(&v->poll_timer, poll_timer_fn, v, v->processor);
    rc = arch_vcpu_create(v);
    if (rc) {
        hv_free(v);
        v = NULL;
        goto out;
    }
    store_release(&d->vcpu[id], v);
out:
    *err = rc;
    return v;
}

/* The domain is gone: nobody can reach v any more. */
void vcpu_destroy(struct vcpu *v)
{
    timer_kill(&v->periodic_timer);
    timer_kill(&v->singleshot_timer);
    timer_kill(&v->poll_timer);
    sched_destroy_vcpu(v);
    arch_vcpu_destroy(v);
    v->domain->vcpu[v->id] = NULL;
    hv_free(v);
}

int map_vcpu_info(struct vcpu *v, uint64_t mfn, unsigned int offset)
{
    struct vcpu_info *fresh;
    struct page_info *pg;

    if (offset > PAGE_SIZE - sizeof(struct vcpu_info) || offset % sizeof(xen_ulong_t))
        return -ENXIO;
    if (v->vcpu_info_page)
        return -EINVAL;
    /* Of a vCPU that runs elsewhere the old place may be in use this moment. */
    if (v != current && !(read_atomic(&v->pause_flags) & VPF_down))
        return -EINVAL;
    pg = get_writable_page_from_gfn(v->domain, _gfn(mfn));
    if (!pg)
        return -EINVAL;
    fresh = (struct vcpu_info *)((char *)page_to_virt(pg) + offset);
    if (v->vcpu_info == &dummy_vcpu_info) {
        memset(fresh, 0, sizeof(*fresh));
        fresh->evtchn_upcall_mask = 1;
    } else {
        memmove(fresh, v->vcpu_info, sizeof(*fresh)); /* it may be given a place in shared info */
    }
    v->vcpu_info_page = pg;
    store_release(&v->vcpu_info, fresh);
    smp_mb();
    evtchn_vcpu_info_moved(v);
    return 0;
}

void unmap_vcpu_info(struct vcpu *v)
{
    struct page_info *pg = v->vcpu_info_page;

    v->vcpu_info = &dummy_vcpu_info;
    v->vcpu_info_page = NULL;
    if (pg)
        put_page_and_type(pg);
}
