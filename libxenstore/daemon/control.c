/* SPDX-License-Identifier: MIT */
/* Commands for the one who runs the host. */

#include <errno.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "journal.h"
#include "request.h"
#include "trace.h"

/* An answer grows up to what a message can carry. */
struct answer {
    size_t len;
    char text[XENSTORE_PAYLOAD_MAX];
};

static void add(struct answer *answer, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(struct answer *answer, const char *fmt, ...)
{
    size_t room = sizeof(answer->text) - answer->len;
    va_list args;
    int len = 0;

    va_start(args, fmt);
    len = vsnprintf(answer->text + answer->len, room, fmt, args);
    va_end(args);
    answer->len += len < (int)room ? (size_t)len : room - 1;
}

static int send_answer(struct request *rq, const struct answer *answer)
{
    request_reply(rq, answer->text, answer->len + 1);
    return 0;
}

static int ok(struct request *rq)
{
    request_reply_text(rq, "OK");
    return 0;
}

static int control_check(struct request *rq)
{
    uint32_t wrong = store_check(&rq->server->store);
    struct answer answer = {0};

    if (!request_args_end(rq))
        return -EINVAL;
    if (!wrong)
        return ok(rq);
    add(&answer, "node counts of %u domains are wrong\n", wrong);
    return send_answer(rq, &answer);
}

static int set_log(struct request *rq, const char *file)
{
    struct server *server = rq->server;
    struct trace *trace = file ? trace_open(file) : NULL;

    if (file && !trace)
        return errno == ENOENT || errno == EACCES ? -errno : -EIO;
    trace_close(server->trace);
    server->trace = trace;
    return ok(rq);
}

static int control_log(struct request *rq)
{
    const char *what = request_arg(rq);

    if (!what || !request_args_end(rq))
        return -EINVAL;
    if (strcmp(what, "on") == 0)
        return rq->server->trace ? ok(rq) : set_log(rq, rq->server->trace_file);
    return strcmp(what, "off") == 0 ? set_log(rq, NULL) : -EINVAL;
}

static int control_logfile(struct request *rq)
{
    const char *file = request_arg(rq);
    char *copy = NULL;

    if (!file || !*file || !request_args_end(rq))
        return -EINVAL;
    copy = strdup(file);
    if (!copy)
        return -ENOMEM;
    free(rq->server->trace_file);
    rq->server->trace_file = copy;
    return rq->server->trace ? set_log(rq, copy) : ok(rq);
}

static int control_print(struct request *rq)
{
    const char *text = request_arg(rq);

    if (!text || !request_args_end(rq))
        return -EINVAL;
    server_log(rq->server, "%s", text);
    return ok(rq);
}

static void report(struct server *server, struct answer *answer)
{
    struct mallinfo2 heap = mallinfo2();
    uint32_t watches = 0, transactions = 0;
    uint64_t unread = 0;

    for (const struct conn *c = server->conns; c; c = c->next) {
        watches += c->nr_watches;
        transactions += c->nr_transactions;
        unread += c->nr_out;
    }
    add(answer, "nodes          %10u\n", node_count(server->store.root));
    add(answer, "connections    %10u\n", server->nr_conns);
    add(answer, "watches        %10u\n", watches);
    add(answer, "transactions   %10u\n", transactions);
    add(answer, "messages unread%10llu\n", (unsigned long long)unread);
    add(answer, "requests served%10llu\n", (unsigned long long)server->requests);
    add(answer, "heap in use    %10zu\n", heap.uordblks + heap.hblkhd);
    add(answer, "heap taken     %10zu\n", heap.arena + heap.hblkhd);
}

/* To the caller, or to a file. */
static int control_memreport(struct request *rq)
{
    const char *name = request_args_end(rq) ? NULL : request_arg(rq);
    struct answer answer = {0};
    FILE *file = NULL;

    if (!request_args_end(rq))
        return -EINVAL;
    report(rq->server, &answer);
    if (!name)
        return send_answer(rq, &answer);
    file = fopen(name, "ae");
    if (!file)
        return errno == ENOENT || errno == EACCES ? -errno : -EIO;
    fputs(answer.text, file);
    fclose(file);
    return ok(rq);
}

static int show_quotas(struct request *rq)
{
    struct answer answer = {0};

    add(&answer, "Quota settings:\n");
    for (int i = 0; i < QUOTA_COUNT; i++)
        add(&answer, "%-17s: %8u %s\n", quota_info[i].name, rq->server->quotas.global[i],
            quota_info[i].text);
    return send_answer(rq, &answer);
}

/* Quotas of which a domain uses up something; the others bound single things. */
static bool is_used_up(enum quota_id id)
{
    return id == QUOTA_NODES || id == QUOTA_WATCHES || id == QUOTA_TRANSACTIONS ||
           id == QUOTA_OUTSTANDING || id == QUOTA_MEMORY;
}

static bool count_use(struct server *server, uint32_t domid, uint64_t used[QUOTA_COUNT])
{
    bool found =
        server->store.owned[domid].nodes || server->refusals[domid] || domain_find(server, domid);

    used[QUOTA_NODES] = server->store.owned[domid].nodes;
    used[QUOTA_MEMORY] = store_memory(&server->store, domid);
    for (const struct conn *c = server->conns; c; c = c->next) {
        if (c->actor.domid != domid)
            continue;
        found = true;
        used[QUOTA_WATCHES] += c->nr_watches;
        used[QUOTA_TRANSACTIONS] += c->nr_transactions;
        used[QUOTA_OUTSTANDING] += c->nr_out;
    }
    return found;
}

static void add_quota_use(struct answer *answer, struct server *server, uint32_t domid,
                          enum quota_id id, uint64_t used)
{
    const struct refusal *refused = server->refusals[domid];
    uint32_t limit = quota_limit(&server->quotas, domid, id);

    if (is_used_up(id))
        add(answer, "%-17s: %8llu of ", quota_info[id].name, (unsigned long long)used);
    else
        add(answer, "%-17s:     each ", quota_info[id].name);
    if (limit)
        add(answer, "%u", limit);
    else
        add(answer, "unlimited");
    if (quota_own(&server->quotas, domid, id) != QUOTA_UNSET)
        add(answer, ", its own");
    if (refused && refused[id].times)
        add(answer, ", refused %u times, last wanted %llu", refused[id].times,
            (unsigned long long)refused[id].wanted);
    add(answer, "\n");
}

/* One domain's use, its limits, and what it was refused. */
static int show_domain(struct request *rq, const char *text)
{
    struct answer answer = {0};
    uint64_t used[QUOTA_COUNT] = {0};
    uint64_t domid = 0;

    if (request_number(text, DOMAIN_IDS, &domid) != 0)
        return -EINVAL;
    if (!count_use(rq->server, domid, used))
        return -ENOENT;
    add(&answer, "Domain %u:\n", (unsigned int)domid);
    for (int i = 0; i < QUOTA_COUNT; i++)
        add_quota_use(&answer, rq->server, domid, i, used[i]);
    return send_answer(rq, &answer);
}

/* set NAME VALUE for all; set NAME VALUE DOMID for one. */
static int set_quota(struct request *rq)
{
    const char *name = request_arg(rq);
    enum quota_id id = name ? quota_named(name) : QUOTA_COUNT;
    uint64_t value = 0, domid = 0;
    int rc = 0;

    if (id == QUOTA_COUNT || request_number(request_arg(rq), UINT32_MAX, &value) != 0)
        return -EINVAL;
    if (request_args_end(rq)) {
        rq->server->quotas.global[id] = value;
        journal_renew(rq->server->journal);
        return ok(rq);
    }
    if (request_number(request_arg(rq), DOMAIN_IDS, &domid) != 0 || !request_args_end(rq))
        return -EINVAL;
    rc = quota_set_own(&rq->server->quotas, domid, id, value);
    journal_renew(rq->server->journal);
    return rc ? rc : ok(rq);
}

static int control_quota(struct request *rq)
{
    const char *what = NULL;

    if (request_args_end(rq))
        return show_quotas(rq);
    what = request_arg(rq);
    if (!what)
        return -EINVAL;
    if (strcmp(what, "set") == 0)
        return set_quota(rq);
    return request_args_end(rq) ? show_domain(rq, what) : -EINVAL;
}

static int control_quota_soft(struct request *rq)
{
    struct answer answer = {0};
    const char *what = NULL, *name = NULL;
    uint64_t value = 0;

    if (request_args_end(rq)) {
        add(&answer, "Quota settings:\n%-17s: %8u bytes of a domain's work that cause a warning\n",
            "memory", rq->server->quotas.soft_memory);
        return send_answer(rq, &answer);
    }
    what = request_arg(rq);
    name = what ? request_arg(rq) : NULL;
    if (!name || strcmp(what, "set") != 0 || strcmp(name, "memory") != 0 ||
        request_number(request_arg(rq), UINT32_MAX, &value) != 0 || !request_args_end(rq))
        return -EINVAL;
    rq->server->quotas.soft_memory = value;
    journal_renew(rq->server->journal);
    return ok(rq);
}

static int say(struct request *rq, const char *text)
{
    request_reply_text(rq, text);
    return 0;
}

static int update_program(struct request *rq)
{
    const char *program = request_arg(rq);
    struct update *update = &rq->server->update;
    struct stat info;
    char *copy = NULL;

    if (!program || !request_args_end(rq))
        return -EINVAL;
    if (stat(program, &info) != 0 || !S_ISREG(info.st_mode) || access(program, X_OK) != 0)
        return say(rq, "File not accessible.");
    copy = strdup(program);
    if (!copy)
        return -ENOMEM;
    free(update->program);
    free(update->args);
    update->program = copy;
    update->args = NULL;
    return ok(rq);
}

static int update_args(struct request *rq)
{
    const char *args = request_arg(rq);
    struct update *update = &rq->server->update;

    if (!args || !request_args_end(rq))
        return -EINVAL;
    if (!update->program)
        return say(rq, "Not in live-update session.");
    free(update->args);
    update->args = strdup(args);
    return update->args ? ok(rq) : -ENOMEM;
}

/* Transactions move along, so there is no need to wait for their end, nor for force. */
static int update_start(struct request *rq)
{
    struct update *update = &rq->server->update;
    uint64_t seconds = 0;

    while (!request_args_end(rq)) {
        const char *option = request_arg(rq);

        if (option && strcmp(option, "-F") == 0)
            continue;
        if (!option || strcmp(option, "-t") != 0 ||
            request_number(request_arg(rq), UINT32_MAX, &seconds) != 0)
            return -EINVAL;
    }
    if (!update->program)
        return say(rq, "Not in live-update session.");
    if (!rq->server->can_update)
        return -ENOSYS;
    if (update->requested)
        return say(rq, "BUSY");
    update->requested = true;
    update->conn = rq->conn->id;
    update->hdr = rq->hdr;
    rq->replied = true;
    return 0;
}

static int update_abort(struct request *rq)
{
    struct update *update = &rq->server->update;

    if (!request_args_end(rq))
        return -EINVAL;
    if (!update->requested) {
        free(update->program);
        free(update->args);
        memset(update, 0, sizeof(*update));
    }
    return ok(rq);
}

static int control_live_update(struct request *rq)
{
    static const struct {
        const char *option;
        int (*run)(struct request *rq);
    } steps[] = {
        {"-f", update_program},
        {"-c", update_args},
        {"-s", update_start},
        {"-a", update_abort},
    };
    const char *option = request_arg(rq);

    for (size_t i = 0; option && i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (strcmp(steps[i].option, option) == 0)
            return steps[i].run(rq);
    }
    return -EINVAL;
}

static int control_help(struct request *rq);

static const struct {
    const char *name, *args;
    int (*run)(struct request *rq);
} commands[] = {
    {"check", "", control_check},
    {"help", "", control_help},
    {"live-update", "[-c <cmdline>] [-F] [-t <timeout>] <file>", control_live_update},
    {"log", "on|off", control_log},
    {"logfile", "<file>", control_logfile},
    {"memreport", "[<file>]", control_memreport},
    {"print", "<string>", control_print},
    {"quota", "[set <name> <val> [<domid>]|<domid>]", control_quota},
    {"quota-soft", "[set memory <val>]", control_quota_soft},
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int control_help(struct request *rq)
{
    struct answer answer = {0};

    if (!request_args_end(rq))
        return -EINVAL;
    for (size_t i = 0; i < NR_COMMANDS; i++)
        add(&answer, "%s\t%s\n", commands[i].name, commands[i].args);
    return send_answer(rq, &answer);
}

int request_control(struct request *rq)
{
    const char *command = request_arg(rq);

    for (size_t i = 0; command && i < NR_COMMANDS; i++) {
        if (strcmp(commands[i].name, command) == 0)
            return commands[i].run(rq);
    }
    return -EINVAL;
}
