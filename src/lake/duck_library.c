#include "lake/duck_library.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#if defined(__aarch64__)
#define PACKAGE "@duckdb/node-bindings-linux-arm64"
#else
#define PACKAGE "@duckdb/node-bindings-linux-x64"
#endif

static const char FILE_NAME[] = "libduckdb.so";

/* It finds its forty thousand names in itself, not first in vain in all that the program is linked
 * with. A sanitizer must be asked before it. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OWN_NAMES_FIRST 0
#else
#define OWN_NAMES_FIRST RTLD_DEEPBIND
#endif

/* As a linker's table would be: filled once, the same for the whole process. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct duck_api loaded;
static bool is_loaded;

struct search {
    void *handle;
    char folder[PATH_MAX]; /* of the program, with the slash behind it; empty when not known */
    char reason[256];      /* of the loader, about a file that is there */
};

static void try_file(struct search *search, const char *path)
{
    if (strchr(path, '/') && access(path, F_OK) != 0) {
        return;
    }
    search->handle = dlopen(path, RTLD_LAZY | RTLD_LOCAL | OWN_NAMES_FIRST);
    const char *reason = search->handle ? NULL : dlerror();
    if (reason && strchr(path, '/')) {
        snprintf(search->reason, sizeof(search->reason), "%s", reason);
    }
}

/* `folder_len` bytes of the program's folder, and a place in it. */
static void try_place(struct search *search, size_t folder_len, const char *place)
{
    char path[PATH_MAX];
    int len = snprintf(path, sizeof(path), "%.*s%s/%s", (int)folder_len, search->folder, place,
                       FILE_NAME);
    if (folder_len > 0 && len > 0 && (size_t)len < sizeof(path) && !search->handle) {
        try_file(search, path);
    }
}

/* How much of the path is the folder that holds its last name. */
static size_t parent_len(const char *path, size_t len)
{
    while (len > 0 && path[len - 1] == '/') {
        len--;
    }
    while (len > 0 && path[len - 1] != '/') {
        len--;
    }
    return len;
}

static void look_everywhere(struct search *search)
{
    ssize_t got = readlink("/proc/self/exe", search->folder, sizeof(search->folder) - 1);
    size_t len = parent_len(search->folder, got > 0 ? (size_t)got : 0);
    search->folder[len] = 0;
    try_place(search, len, ".");
    try_place(search, len, "../lib/pipes");
    for (size_t above = len; above > 0; above = parent_len(search->folder, above)) {
        try_place(search, above, "node_modules/" PACKAGE);
    }
    if (!search->handle) {
        try_file(search, FILE_NAME);
    }
}

static enum status not_found(const struct search *search, const char *path, struct fault *fault)
{
    if (search->reason[0]) {
        return fault_set(fault, STATUS_NOT_FOUND, "DuckDB cannot be loaded: %s", search->reason);
    }
    if (path && path[0]) {
        return fault_set(fault, STATUS_NOT_FOUND, "there is no DuckDB at %s", path);
    }
    return fault_set(fault, STATUS_NOT_FOUND,
                     "%s (DuckDB) was not found; looked in %s, %s../lib/pipes/, node_modules/%s/ "
                     "there and above, and where the system keeps libraries; name it with "
                     "--duckdb FILE or PIPES_DUCKDB",
                     FILE_NAME, search->folder, search->folder, PACKAGE);
}

static enum status find_functions(struct duck_api *api, void *handle, struct fault *fault)
{
    const char *missing = NULL;
    /* POSIX lets a function's address come as a void pointer; the language only by its bytes. */
#define FIND(name)                                     \
    {                                                  \
        void *symbol = dlsym(handle, "duckdb_" #name); \
        missing = symbol ? missing : "duckdb_" #name;  \
        memcpy(&api->name, &symbol, sizeof(symbol));   \
    }
    DUCK_FUNCTIONS(FIND)
#undef FIND
    return missing ? fault_set(fault, STATUS_BAD_INPUT, "this DuckDB has no %s(): use 1.5", missing)
                   : STATUS_OK;
}

static enum status load(struct duck_api *api, const char *path, struct fault *fault)
{
    struct search search = {0};
    if (path && path[0]) {
        try_file(&search, path);
    } else {
        look_everywhere(&search);
    }
    enum status status =
        search.handle ? find_functions(api, search.handle, fault) : not_found(&search, path, fault);
    /* The C interface is promised for a major version; what is newer may know other types. */
    if (status == STATUS_OK && strncmp(api->library_version(), "v1.", 3) != 0) {
        status =
            fault_set(fault, STATUS_BAD_INPUT, "DuckDB %s is not known to this program: use 1.5",
                      api->library_version());
    }
    return status;
}

enum status duck_library_load(const struct duck_api **api, const char *path, struct fault *fault)
{
    pthread_mutex_lock(&lock);
    enum status status = is_loaded ? STATUS_OK : load(&loaded, path, fault);
    is_loaded = status == STATUS_OK;
    pthread_mutex_unlock(&lock);
    *api = &loaded;
    return status;
}

const struct duck_api *duck_library(void)
{
    return &loaded;
}

const char *duck_library_file(void)
{
    Dl_info about = {0};
    void *symbol = NULL;
    pthread_mutex_lock(&lock);
    if (is_loaded) {
        memcpy(&symbol, &loaded.library_version, sizeof(symbol));
    }
    pthread_mutex_unlock(&lock);
    return symbol && dladdr(symbol, &about) != 0 ? about.dli_fname : NULL;
}
