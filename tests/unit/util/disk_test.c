/* SPDX-License-Identifier: MIT */
/* Disk specifications: the forms of xl-disk-configuration(5), as today's library reads them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <libxlutil.h>

#include "memory.h"

static char *messages;
static size_t messages_size;

static int parse(const char *spec, libxl_device_disk *disk)
{
    FILE *report = open_memstream(&messages, &messages_size);
    XLU_Config *cfg = xlu_cfg_init(report, "test");
    int rc;

    libxl_device_disk_init(disk);
    rc = xlu_disk_parse(cfg, 1, &spec, disk);
    xlu_cfg_destroy(cfg);
    fclose(report);
    return rc;
}

static void done(libxl_device_disk *disk)
{
    libxl_device_disk_dispose(disk);
    free(messages);
    messages = NULL;
}

struct wanted {
    const char *spec, *target, *vdev;
    libxl_disk_format format;
    int readwrite, cdrom;
    const char *script;
};

static const struct wanted good[] = {
    {"/dev/vg/g,,hda", "/dev/vg/g", "hda", LIBXL_DISK_FORMAT_RAW, 1, 0, NULL},
    {"/dev/vg/g,raw,hda,rw", "/dev/vg/g", "hda", LIBXL_DISK_FORMAT_RAW, 1, 0, NULL},
    {"format=raw, vdev=hda, access=rw, target=/dev/vg/g", "/dev/vg/g", "hda", LIBXL_DISK_FORMAT_RAW,
     1, 0, NULL},
    {"raw:/dev/vg/g,hda,w", "/dev/vg/g", "hda", LIBXL_DISK_FORMAT_RAW, 1, 0, NULL},
    {"/x.iso,,hdc,cdrom", "/x.iso", "hdc", LIBXL_DISK_FORMAT_RAW, 0, 1, NULL},
    {"/x.iso,,hdc,,cdrom", "/x.iso", "hdc", LIBXL_DISK_FORMAT_RAW, 0, 1, NULL},
    {"/x.iso,raw,hdc,devtype=cdrom", "/x.iso", "hdc", LIBXL_DISK_FORMAT_RAW, 0, 1, NULL},
    {"raw:/x.iso,hdc:cdrom,ro", "/x.iso", "hdc", LIBXL_DISK_FORMAT_RAW, 0, 1, NULL},
    {"/x.iso,raw,hdc,rw,cdrom", "/x.iso", "hdc", LIBXL_DISK_FORMAT_RAW, 0, 1, NULL},
    {",hdc:cdrom,r", "", "hdc", LIBXL_DISK_FORMAT_EMPTY, 0, 1, NULL},
    {"vdev=hdc,cdrom", NULL, "hdc", LIBXL_DISK_FORMAT_EMPTY, 0, 1, NULL},
    {"/x,qcow,xvda", "/x", "xvda", LIBXL_DISK_FORMAT_QCOW, 1, 0, NULL},
    {"/x,qcow2,xvda,r", "/x", "xvda", LIBXL_DISK_FORMAT_QCOW2, 0, 0, NULL},
    {"/x,vhd,xvda,ro", "/x", "xvda", LIBXL_DISK_FORMAT_VHD, 0, 0, NULL},
    {"/x,qed,sda1", "/x", "sda1", LIBXL_DISK_FORMAT_QED, 1, 0, NULL},
    {"tap:aio:/x/y,xvda,w", "/x/y", "xvda", LIBXL_DISK_FORMAT_RAW, 1, 0, NULL},
    {"tap:qcow2:/x/y,xvda,w", "/x/y", "xvda", LIBXL_DISK_FORMAT_QCOW2, 1, 0, NULL},
    {"phy:vg/x,xvda,w", "vg/x", "xvda", LIBXL_DISK_FORMAT_RAW, 1, 0, NULL},
    {"file:/x.img,hda1,w", "/x.img", "hda1", LIBXL_DISK_FORMAT_RAW, 1, 0, NULL},
    {"iscsi:iqn.2001:foo,xvda,w", "iqn.2001:foo", "xvda", LIBXL_DISK_FORMAT_RAW, 1, 0,
     "block-iscsi"},
    {"drbd:res,xvda,w", "res", "xvda", LIBXL_DISK_FORMAT_RAW, 1, 0, "block-drbd"},
    {",raw,hda,w,target=/y,z w ", "/y,z w ", "hda", LIBXL_DISK_FORMAT_RAW, 1, 0, NULL},
    {"vdev=hda,/x,qcow2,r", "/x", "hda", LIBXL_DISK_FORMAT_QCOW2, 0, 0, NULL},
    {"/a:b,raw,hda,script=foo", "/a:b", "hda", LIBXL_DISK_FORMAT_RAW, 1, 0, "foo"},
    {"  /x , raw , hda , ro ", "/x", "hda", LIBXL_DISK_FORMAT_RAW, 0, 0, NULL},
};

static void forms(void **state)
{
    libxl_device_disk disk;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        const struct wanted *w = &good[i];

        if (parse(w->spec, &disk))
            fail_msg("%s: %s", w->spec, messages);
        print_message("%s\n", w->spec);
        if (w->target)
            assert_string_equal(disk.pdev_path, w->target);
        else
            assert_null(disk.pdev_path);
        assert_string_equal(disk.vdev, w->vdev);
        assert_int_equal(disk.format, w->format);
        assert_int_equal(disk.readwrite, w->readwrite);
        assert_int_equal(disk.is_cdrom, w->cdrom);
        assert_int_equal(disk.removable, w->cdrom);
        if (w->script)
            assert_string_equal(disk.script, w->script);
        else
            assert_null(disk.script);
        done(&disk);
    }
}

static void parameters(void **state)
{
    libxl_device_disk disk;

    assert_int_equal(parse("/x,raw,hda,w,backendtype=qdisk,backend=dd,direct-io-safe,no-discard,"
                           "untrusted,specification=virtio",
                           &disk),
                     0);
    assert_int_equal(disk.backend, LIBXL_DISK_BACKEND_QDISK);
    assert_string_equal(disk.backend_domname, "dd");
    assert_true(disk.direct_io_safe);
    assert_false(libxl_defbool_val(disk.discard_enable));
    assert_false(libxl_defbool_val(disk.trusted));
    assert_int_equal(disk.specification, LIBXL_DISK_SPECIFICATION_VIRTIO);
    done(&disk);
    assert_int_equal(parse("/x,raw,hda,w,discard,trusted,colo,colo-host=h,colo-port=99,"
                           "colo-export=e,active-disk=a,hidden-disk=b",
                           &disk),
                     0);
    assert_true(libxl_defbool_val(disk.discard_enable));
    assert_true(libxl_defbool_val(disk.trusted));
    assert_true(libxl_defbool_val(disk.colo_enable));
    assert_string_equal(disk.colo_host, "h");
    assert_int_equal(disk.colo_port, 99);
    assert_string_equal(disk.colo_export, "e");
    assert_string_equal(disk.active_disk, "a");
    assert_string_equal(disk.hidden_disk, "b");
    done(&disk);
}

static void errors_point_at_the_character(void **state)
{
    static const struct {
        const char *spec, *message;
        int column;
    } bad[] = {
        {"/x,foo,hda,w", "unknown format", 3},
        {"/x,raw,hda,x", "unknown access", 11},
        {"/x,raw,hda,w,foo=1", "unknown parameter 'foo'", 13},
        {"/x,raw,hda,w,foo", "unknown parameter 'foo'", 13},
        {"/x,raw,hda,w,vdev=hdb", "vdev is given more than once", 18},
        {"/x,raw,hda,w,target=/y", "target is given more than once", 20},
        {"/x,raw,hda,w,backendtype=foo", "unknown backendtype", 25},
        {"/x,raw,hda,w,specification=foo", "unknown specification", 27},
        {"/x,raw,hda:foo,w", "unknown devtype", 11},
        {"/x,raw,hda,w,colo-port=abc", "a port number", 23},
        {"foo:/x,hda,w", "unknown prefix", 0},
        {"aio:foo:/x,hda,w", "unknown prefix", 4},
        {"/x,raw,,w", "no vdev", 0},
        {"/x", "no vdev", 0},
        {"", "no vdev", 0},
        {",raw,hda,w", "no target", 0},
        {"vdev=hda,target=", "no target", 0},
    };
    libxl_device_disk disk;
    char mark[80];

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(parse(bad[i].spec, &disk), EINVAL);
        snprintf(mark, sizeof(mark), "\n    %s\n    %*s^\n", bad[i].spec, bad[i].column, "");
        if (!strstr(messages, bad[i].message) || !strstr(messages, mark))
            fail_msg("\"%s\": wanted \"%s\" at %d, got \"%s\"", bad[i].spec, bad[i].message,
                     bad[i].column, messages);
        done(&disk);
    }
}

/* xl block-attach gives the parts one by one. */
static void several_specs_make_one_disk(void **state)
{
    const char *specs[] = {"/x", "raw", "vdev=xvdb", "r"};
    XLU_Config *cfg = xlu_cfg_init(stderr, "test");
    libxl_device_disk disk;

    libxl_device_disk_init(&disk);
    assert_int_equal(xlu_disk_parse(cfg, 4, specs, &disk), 0);
    assert_string_equal(disk.pdev_path, "/x");
    assert_string_equal(disk.vdev, "xvdb");
    assert_int_equal(disk.readwrite, 0);
    libxl_device_disk_dispose(&disk);
    xlu_cfg_destroy(cfg);
}

static void memory_runs_out(void **state)
{
    const char *spec = "iscsi:x,raw,vdev=hda,backend=dd,colo-host=h,script=s";
    XLU_Config *cfg = xlu_cfg_init(stderr, "test");
    libxl_device_disk disk;
    int n, rc = ENOMEM;

    for (n = 0; n < 100 && rc; n++) {
        libxl_device_disk_init(&disk);
        fail_allocation_after(n);
        rc = xlu_disk_parse(cfg, 1, &spec, &disk);
        fail_allocation_after(-1);
        assert_true(rc == 0 || rc == ENOMEM);
        libxl_device_disk_dispose(&disk);
    }
    assert_in_range(n, 4, 99);
    xlu_cfg_destroy(cfg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),
        cmocka_unit_test(parameters),
        cmocka_unit_test(errors_point_at_the_character),
        cmocka_unit_test(several_specs_make_one_disk),
        cmocka_unit_test(memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
