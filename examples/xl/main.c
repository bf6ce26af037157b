/* SPDX-License-Identifier: MIT */
/* The global options, the context, and what is said about errors. */
#include "xl.h"

#include <stdarg.h>
#include <unistd.h>

/* The error chain is this SDK's; xl does without it on another libxenlight. */
#if __has_include(<xenerror.h>)
#include <xenerror.h>
#define KEEPS_CONTEXT true
#else
#define xenerr_text()  NULL
#define xenerr_json()  NULL
#define xenerr_depth() 0
#define KEEPS_CONTEXT  false /* after fork(), a context may not even be freed */
#endif

struct xl xl;

/* A logger that keeps errors back: the error chain says them better, and only once. */
struct logger {
    xentoollog_logger vtable;
    xentoollog_logger *stream;
    char *held;
    size_t size;
    FILE *out; /* onto held; NULL: nothing is kept back */
};

static struct logger logger;
static xentoollog_level verbosity = XTL_PROGRESS;
static unsigned stream_flags;

static void logger_message(xentoollog_logger *l, xentoollog_level level, int errnoval,
                           const char *context, const char *fmt, va_list ap)
{
    if (!logger.out || level != XTL_ERROR) {
        xtl_logv(logger.stream, level, errnoval, context, fmt, ap);
        return;
    }
    fprintf(logger.out, "%s%s%s: ", context ? context : "", context ? ": " : "",
            xtl_level_to_string(level));
    vfprintf(logger.out, fmt, ap);
    if (errnoval > 0)
        fprintf(logger.out, ": %s", strerror(errnoval));
    fputc('\n', logger.out);
}

static void logger_progress(xentoollog_logger *l, const char *context, const char *doing_what,
                            int percent, unsigned long done, unsigned long total)
{
    xtl_progress(logger.stream, context, doing_what, done, total);
}

static void logger_destroy(xentoollog_logger *l)
{
    if (logger.out)
        fclose(logger.out);
    free(logger.held);
    if (logger.stream)
        xtl_logger_destroy(logger.stream);
    memset(&logger, 0, sizeof(logger));
}

static int logger_open(void)
{
    logger.vtable.vmessage = logger_message;
    logger.vtable.progress = logger_progress;
    logger.vtable.destroy = logger_destroy;
    logger.stream =
        (xentoollog_logger *)xtl_createlogger_stdiostream(stderr, verbosity, stream_flags);
    if (!logger.stream)
        return -1;
#if __has_include(<xenerror.h>)
    if (verbosity >= XTL_PROGRESS)
        logger.out = open_memstream(&logger.held, &logger.size);
#endif
    return 0;
}

/* Say what was kept back, and keep nothing back from now on. */
static void logger_release(bool print)
{
    if (!logger.out)
        return;
    fclose(logger.out);
    logger.out = NULL;
    if (print && logger.size)
        fputs(logger.held, stderr);
    free(logger.held);
    logger.held = NULL;
}

void xl_report(void)
{
    char *text = xl.json_errors ? xenerr_json() : xenerr_text();

    fflush(stdout);
    logger_release(!text);
    if (text)
        fprintf(stderr, "%s%s", text, *text && text[strlen(text) - 1] == '\n' ? "" : "\n");
    free(text);
}

static void put_away(void)
{
    if (xl.ctx)
        libxl_ctx_free(xl.ctx);
    xl.ctx = NULL;
    logger_release(true);
    if (logger.stream)
        logger_destroy(&logger.vtable);
}

static int open_context(void)
{
    return libxl_ctx_alloc(&xl.ctx, LIBXL_VERSION, 0, &logger.vtable);
}

void xl_context_after_fork(void)
{
    logger_release(false);
    libxl_postfork_child_noexec(xl.ctx);
    if (KEEPS_CONTEXT ? xenerr_depth() > 0 : open_context()) {
        fprintf(stderr, "xl: cannot open the libraries in the child\n");
        _exit(EXIT_FAILURE);
    }
}

void *xl_must(void *memory)
{
    if (!memory) {
        fprintf(stderr, "xl: out of memory\n");
        exit(EXIT_FAILURE);
    }
    return memory;
}

char *xl_printf(const char *fmt, ...)
{
    char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0)
        text = NULL;
    va_end(ap);
    return xl_must(text);
}

static int global_options(int argc, char **argv)
{
    static const struct option names[] = {
        {"json-errors", no_argument, NULL, 'J'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int c;

    while ((c = getopt_long(argc, argv, "+vftTNJh", names, NULL)) != -1) {
        switch (c) {
        case 'v':
            if (verbosity > XTL_DEBUG)
                verbosity--;
            break;
        case 't':
            stream_flags |= XTL_STDIOSTREAM_PROGRESS_USE_CR;
            break;
        case 'T':
            stream_flags |= XTL_STDIOSTREAM_SHOW_DATE | XTL_STDIOSTREAM_SHOW_PID;
            break;
        case 'N':
            xl.dry_run = true;
            break;
        case 'J':
            xl.json_errors = true;
            break;
        case 'f':
            break;
        case 'h':
            exit(cmd_help(0, NULL));
        default:
            fprintf(stderr, "unknown global option\n");
            exit(EXIT_FAILURE);
        }
    }
    return optind;
}

int main(int argc, char **argv)
{
    int first = global_options(argc, argv), rc;

    if (first == argc) {
        cmd_help(0, NULL);
        return EXIT_FAILURE;
    }
    xl.command = find_command(argv[first]);
    if (!xl.command) {
        fprintf(stderr, "command not implemented\n");
        return EXIT_FAILURE;
    }
    if (xl.dry_run && !xl.command->dry) {
        fprintf(stderr, "command does not implement -N (dryrun) option\n");
        return EXIT_FAILURE;
    }
    argc -= first;
    argv += first;
    optind = 1;
    if (xl.command->run == cmd_help)
        return cmd_help(argc, argv);
    atexit(put_away);
    if (logger_open() || open_context()) {
        fprintf(stderr, "cannot init xl context\n");
        xl_report();
        return EXIT_FAILURE;
    }
    rc = xl.command->run(argc, argv);
    if (rc)
        xl_report();
    if (fflush(stdout) && !rc) {
        perror("xl: standard output");
        rc = EXIT_FAILURE;
    }
    return rc;
}
