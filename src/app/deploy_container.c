#include "app/deploy_host.h"

#include <gnu/libc-version.h>
#include <link.h>
#include <stdio.h>

enum { LIBRARIES_MAX = 32, NEWEST_GLIBC = 41 };

struct libraries {
    struct deploy *deploy;
    const char *folder;
};

/* What every base image has, and must have of its own: the C library's parts fit only each other.
 */
static bool is_of_base(const char *name)
{
    static const char *const NAMES[] = {"libc.so",   "libm.so",  "libpthread.so", "libdl.so",
                                        "librt.so",  "ld-linux", "linux-vdso",    "libresolv.so",
                                        "libstdc++", "libgcc_s", "libduckdb.so"};
    const char *slash = strrchr(name, '/');
    struct view file = view_from_text(slash ? slash + 1 : name);
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        if (view_starts_with(file, NAMES[i])) {
            return true;
        }
    }
    return file.len == 0;
}

static int add_library(struct dl_phdr_info *about, size_t size, void *self)
{
    struct libraries *libraries = self;
    struct deploy *deploy = libraries->deploy;
    (void)size;
    if (about->dlpi_name && about->dlpi_name[0] == '/' && !is_of_base(about->dlpi_name)) {
        const char *source = deploy_format(deploy, "%s", about->dlpi_name);
        const char *path = deploy_format(deploy, "%s/root/usr/lib/pipes/%s", libraries->folder,
                                         strrchr(about->dlpi_name, '/') + 1);
        if (source && path) {
            deploy_plan_copy(&deploy->plan, source, path, 0644);
        }
    }
    return 0;
}

/* A Debian whose C library is as new as the one this program runs with. */
static const char *base_image(const struct deploy *deploy)
{
    int minor = 0;
    if (deploy->flags->base_image[0]) {
        return deploy->flags->base_image;
    }
    if (sscanf(gnu_get_libc_version(), "2.%d", &minor) != 1 || minor > NEWEST_GLIBC) {
        return NULL;
    }
    return minor <= 36 ? "debian:bookworm-slim" : "debian:trixie-slim";
}

static void add_files(struct deploy *deploy, const char *out, const char *base)
{
    struct deploy_plan *plan = &deploy->plan;
    bool has_caddy = deploy_host_has_caddy(deploy);
    struct deploy_value values[] = {
        {"BASE", base},
        {"VERSION", PIPES_VERSION},
        {"DOMAIN", deploy->config.domain},
        {"TLS", strcmp(deploy->config.certificates, "internal") == 0 ? "\n\ttls internal" : ""},
        {"UPSTREAM", "pipes:8080"},
        {NULL, NULL},
    };
    deploy_plan_folder(plan, out, 0755);
    deploy_write(deploy, "Dockerfile", values, deploy_format(deploy, "%s/Dockerfile", out), 0644);
    deploy_write(deploy, has_caddy ? "compose.yaml" : "compose_plain.yaml", values,
                 deploy_format(deploy, "%s/compose.yaml", out), 0644);
    if (has_caddy) {
        deploy_write(deploy, "Caddyfile", values, deploy_format(deploy, "%s/Caddyfile", out), 0644);
    }
    deploy_plan_file(plan, deploy_format(deploy, "%s/root/etc/pipes/pipes.ini", out), 0644,
                     deploy->ini.text);
    deploy_plan_copy(plan, deploy->program, deploy_format(deploy, "%s/root/usr/bin/pipes", out),
                     0755);
    struct libraries libraries = {deploy, out};
    dl_iterate_phdr(add_library, &libraries);
    if (deploy->duckdb) {
        deploy_plan_copy(plan, deploy->duckdb,
                         deploy_format(deploy, "%s/root/usr/lib/pipes/libduckdb.so", out), 0644);
    }
}

static enum status settle(struct deploy *deploy, const char *out, struct fault *fault)
{
    static const char *const ELSEWHERE[] = {
        "module", "module-options", "www", "tls-certificate", "tls-key", "data", "duckdb", "root"};
    for (size_t i = 0; i < sizeof(ELSEWHERE) / sizeof(ELSEWHERE[0]); i++) {
        if (deploy_is_flag(deploy, ELSEWHERE[i])) {
            return fault_set(fault, STATUS_BAD_INPUT,
                             "--%s names a file that the container does not have; put it into a "
                             "Dockerfile of your own: FROM pipes:" PIPES_VERSION,
                             ELSEWHERE[i]);
        }
    }
    const char *path = deploy_format(deploy, "%s/root/etc/pipes/pipes.ini", out);
    enum status status = path ? deploy_begin_ini(deploy, path, fault) : STATUS_NO_MEMORY;
    if (status == STATUS_OK) {
        deploy_ini_set(&deploy->ini, "data", DEPLOY_DATA);
        deploy_decide(deploy, "listen", "*:8080");
        /* Once, to know what the file says already. */
        status = deploy_settle(deploy, fault);
    }
    if (status == STATUS_OK && deploy->config.domain[0]) {
        deploy_decide(deploy, "base-url",
                      deploy_format(deploy, "https://%s", deploy->config.domain));
        /* Networks that Docker makes for those that belong together. */
        deploy_decide(deploy, "trusted-proxies", "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16");
        status = deploy_settle(deploy, fault);
    }
    return status;
}

static void plan_removal(struct deploy *deploy, const char *out)
{
    struct deploy_plan *plan = &deploy->plan;
    const char *file = deploy_format(deploy, "%s/compose.yaml", out);
    const char *const words[] = {"docker", "compose", "-f",
                                 file,     "down",    deploy->flags->with_data ? "--volumes" : NULL,
                                 NULL};
    if (deploy_host_find(deploy, "docker")) {
        deploy_plan_run(plan, false, words);
    }
    deploy_plan_gone(plan, file);
    deploy_plan_gone(plan, deploy_format(deploy, "%s/Dockerfile", out));
    deploy_plan_gone(plan, deploy_format(deploy, "%s/Caddyfile", out));
    deploy_plan_tree_gone(plan, deploy_format(deploy, "%s/root", out));
    deploy_plan_gone(plan, out);
}

enum status deploy_container(struct deploy *deploy, struct fault *fault)
{
    const char *out = deploy->flags->deploy_out;
    const char *base = base_image(deploy);
    if (deploy->flags->remove) {
        plan_removal(deploy, out);
        return STATUS_OK;
    }
    if (!base) {
        return fault_set(fault, STATUS_BAD_INPUT,
                         "this program runs with the C library %s; name an image that has it: "
                         "--base-image",
                         gnu_get_libc_version());
    }
    enum status status = settle(deploy, out, fault);
    if (status == STATUS_OK) {
        const char *file = deploy_format(deploy, "%s/compose.yaml", out);
        const char *const words[] = {"docker", "compose", "-f",     file, "up",
                                     "-d",     "--build", "--wait", NULL};
        add_files(deploy, out, base);
        if (deploy_host_find(deploy, "docker")) {
            deploy_plan_run(&deploy->plan, false, words);
        } else {
            const char *const note[] = {
                "echo",
                "  Docker is not here: take the folder where it is, and there: docker compose "
                "up -d --build --wait",
                NULL};
            deploy_plan_run(&deploy->plan, false, note);
        }
    }
    return status;
}
