#include "app/static_files.h"

#include "../temporary.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static struct temporary folder_used;
static const char *path;
static struct static_files files;
static struct http_reply reply;

static void write_file(const char *name, const char *text)
{
    char full[200];
    snprintf(full, sizeof(full), "%s/%s", path, name);
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void make_folder(const char *name)
{
    char full[200];
    snprintf(full, sizeof(full), "%s/%s", path, name);
    assert_int_equal(mkdir(full, 0700), 0);
}

static int set_up(void **state)
{
    (void)state;
    if (temporary_make(&folder_used) != 0) {
        return -1;
    }
    path = folder_used.path;
    make_folder("public");
    make_folder("public/app");
    make_folder("public/empty");
    write_file("secret.txt", "secret");
    write_file("public/index.html", "home");
    write_file("public/a b.css", "style");
    write_file("public/.hidden", "hidden");
    write_file("public/app/index.html", "app");
    write_file("public/app/200.html", "app fall-back");
    char folder[100];
    snprintf(folder, sizeof(folder), "%s/public", path);
    char link[200];
    snprintf(link, sizeof(link), "%s/link", folder);
    if (symlink("../secret.txt", link) != 0) {
        return -1;
    }
    http_reply_init(&reply, 1 << 20);
    return static_files_open(&files, folder, NULL) == STATUS_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    static_files_close(&files);
    http_reply_free(&reply);
    return temporary_remove(&folder_used);
}

static bool ask(const char *asked)
{
    http_reply_clear(&reply);
    return static_files_answer(&files, view_from_text(asked), view_make(NULL, 0), &reply);
}

static void files_and_folders_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const char *body;
    } cases[] = {
        {"/", "home"},
        {"/index.html", "home"},
        {"/a%20b.css", "style"},
        {"/app/", "app"},
        {"/app/product/7", "app fall-back"},
        {"/app/product/", "app fall-back"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(ask(cases[i].path));
        assert_int_equal(reply.status, 200);
        assert_true(view_is(buf_view(&reply.body), cases[i].body));
    }
    assert_true(ask("/app"));
    assert_int_equal(reply.status, 308);
}

static void nothing_else_is_reached(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/app/../../secret.txt",
        "/.hidden",
        "/app/.",
        "/link",
        "/none.html",
        "/empty/",
        "/app/none.js",
        "//index.html",
        "/%00",
        "/%2",
        "/a%20b.css%00.html",
        "/\\..\\secret.txt",
        "/product",
        "/%2fetc/passwd",
    };
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        if (ask(paths[i])) {
            fail_msg("%s was answered", paths[i]);
        }
    }
}

static void an_unchanged_file_is_not_sent_again(void **state)
{
    (void)state;
    assert_true(ask("/"));
    char tag[64] = {0};
    const char *at = strstr(reply.headers.at, "ETag: ");
    assert_non_null(at);
    sscanf(at, "ETag: %63[^\r]", tag);
    http_reply_clear(&reply);
    assert_true(static_files_answer(&files, VIEW_LITERAL("/"), view_from_text(tag), &reply));
    assert_int_equal(reply.status, 304);
    assert_int_equal(reply.body.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_and_folders_are_found),
        cmocka_unit_test(nothing_else_is_reached),
        cmocka_unit_test(an_unchanged_file_is_not_sent_again),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
