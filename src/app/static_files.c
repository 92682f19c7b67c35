#include "app/static_files.h"

#include "base/file.h"
#include "base/hex.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES_MAX = 1024 };

static const struct {
    const char *extension;
    const char *type;
} TYPES[] = {
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".json", "application/json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".webp", "image/webp"},
    {".gif", "image/gif"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
    {".pdf", "application/pdf"},
    {".csv", "text/csv; charset=utf-8"},
    {".zip", "application/zip"},
};

enum status static_files_open(struct static_files *files, const char *path, struct fault *fault)
{
    files->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return files->fd >= 0 ? STATUS_OK : fault_errno(fault, errno, "cannot open folder %s", path);
}

void static_files_close(struct static_files *files)
{
    if (files->fd >= 0) {
        close(files->fd);
    }
    files->fd = -1;
}

/* Percent-decodes into a relative path. False for what no file of ours is called: control bytes,
 * back-slashes, empty or dotted segments. */
static bool decode_path(struct view path, char decoded[PATH_BYTES_MAX])
{
    size_t len = 0;
    char before = '/';
    for (size_t i = 1; i < path.len; i++) {
        char byte = path.at[i];
        if (byte == '%') {
            int said = i + 2 < path.len ? hex_pair(path.at + i + 1) : -1;
            if (said < 0) {
                return false;
            }
            byte = (char)said;
            i += 2;
        }
        bool is_start = before == '/';
        if ((unsigned char)byte < 0x20 || byte == '\\' || byte == 0x7f ||
            (is_start && (byte == '.' || byte == '/')) || len + 1 >= PATH_BYTES_MAX) {
            return false;
        }
        decoded[len++] = byte;
        before = byte;
    }
    decoded[len] = 0;
    return true;
}

/* An open regular file, or -1. */
static int open_file(const struct static_files *files, const char *path, struct stat *facts)
{
    int fd = openat(files->fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd >= 0 && (fstat(fd, facts) != 0 || !S_ISREG(facts->st_mode))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static bool join(char joined[PATH_BYTES_MAX], const char *folder, const char *name)
{
    size_t len = strlen(folder);
    const char *slash = len > 0 && folder[len - 1] != '/' ? "/" : "";
    return snprintf(joined, PATH_BYTES_MAX, "%s%s%s", folder, slash, name) < PATH_BYTES_MAX;
}

static const char *last_segment(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Walks up to the nearest folder with a 200.html; writes its path to `path`. */
static int open_fallback(const struct static_files *files, char path[PATH_BYTES_MAX],
                         struct stat *facts)
{
    if (strchr(last_segment(path), '.')) {
        return -1;
    }
    char folder[PATH_BYTES_MAX];
    memcpy(folder, path, PATH_BYTES_MAX);
    for (;;) {
        char *slash = strrchr(folder, '/');
        folder[slash ? (size_t)(slash - folder) : 0] = 0;
        int fd = join(path, folder, "200.html") ? open_file(files, path, facts) : -1;
        if (fd >= 0 || folder[0] == 0) {
            return fd;
        }
    }
}

/* The file that answers the path; its own path replaces it. */
static int find_file(const struct static_files *files, char path[PATH_BYTES_MAX],
                     struct stat *facts)
{
    size_t len = strlen(path);
    char index[PATH_BYTES_MAX];
    int fd = -1;
    if (len > 0 && path[len - 1] != '/') {
        fd = open_file(files, path, facts);
    } else if (join(index, path, "index.html")) {
        fd = open_file(files, index, facts);
        if (fd >= 0) {
            memcpy(path, index, PATH_BYTES_MAX);
        }
    }
    return fd >= 0 ? fd : open_fallback(files, path, facts);
}

/* A folder asked for without its slash: relative links in its page would go wrong. */
static bool redirect_folder(const struct static_files *files, const char *path, struct view asked,
                            struct http_reply *reply)
{
    struct stat facts;
    char index[PATH_BYTES_MAX];
    size_t len = strlen(path);
    if (len == 0 || path[len - 1] == '/' || fstatat(files->fd, path, &facts, 0) != 0 ||
        !S_ISDIR(facts.st_mode) || asked.len + 2 > PATH_BYTES_MAX) {
        return false;
    }
    bool has_page =
        (join(index, path, "index.html") && fstatat(files->fd, index, &facts, 0) == 0) ||
        (join(index, path, "200.html") && fstatat(files->fd, index, &facts, 0) == 0);
    if (!has_page) {
        return false;
    }
    char location[PATH_BYTES_MAX];
    snprintf(location, sizeof(location), "%.*s/", VIEW_ARG(asked));
    reply->status = 308;
    http_reply_header(reply, "Location", view_from_text(location));
    return true;
}

static const char *type_of(const char *path)
{
    struct view name = view_from_text(path);
    for (size_t i = 0; i < sizeof(TYPES) / sizeof(TYPES[0]); i++) {
        if (view_ends_with(name, TYPES[i].extension)) {
            return TYPES[i].type;
        }
    }
    return "application/octet-stream";
}

static bool fill(int fd, const struct stat *facts, struct http_reply *reply)
{
    size_t size = (size_t)facts->st_size;
    char *place = size <= STATIC_FILE_BYTES_MAX ? buf_reserve(&reply->body, size) : NULL;
    size_t at = 0;
    while (place && at < size) {
        ssize_t got = read(fd, place + at, size - at);
        if (got <= 0) {
            return false;
        }
        at += (size_t)got;
    }
    buf_used(&reply->body, at);
    return place || size == 0;
}

bool static_files_answer(const struct static_files *files, struct view path,
                         struct view if_none_match, struct http_reply *reply)
{
    char name[PATH_BYTES_MAX];
    struct stat facts;
    if (files->fd < 0 || !decode_path(path, name)) {
        return false;
    }
    if (redirect_folder(files, name, path, reply)) {
        return true;
    }
    int fd = find_file(files, name, &facts);
    if (fd < 0) {
        return false;
    }
    char tag[64];
    snprintf(tag, sizeof(tag), "\"%llx-%llx.%lx\"", (unsigned long long)facts.st_size,
             (unsigned long long)facts.st_mtim.tv_sec, (unsigned long)facts.st_mtim.tv_nsec);
    http_reply_header(reply, "ETag", view_from_text(tag));
    http_reply_header(reply, "Cache-Control", VIEW_LITERAL("no-cache"));
    http_reply_header(reply, "X-Content-Type-Options", VIEW_LITERAL("nosniff"));
    if (view_is(if_none_match, tag)) {
        reply->status = 304;
    } else {
        http_reply_header(reply, "Content-Type", view_from_text(type_of(name)));
        if (!fill(fd, &facts, reply)) {
            http_reply_error(reply, 500, "the file could not be read");
        }
    }
    close(fd);
    return true;
}
