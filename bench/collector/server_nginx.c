/*
 * server_nginx.c - nginx with one worker: answering 204, or writing the bodies to a file first.
 *
 * As fair as it gets: no access log where none is wanted, a connection is never closed for its age,
 * 64 KiB of log are gathered before they are written, a body is never put into a file of its own.
 * Debian's 1 KiB for the head of a request costs a second read and an ioctl with every request that
 * is like a browser's, hence the variant with 8 KiB; all that write the body have it.
 */
#include "collector/server.h"

#include "base/file.h"
#include "collector/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { CONFIGURATION_BYTES_MAX = 64 * 1024 };

#define MODULES "/usr/lib/nginx/modules/"

static bool has_nginx(void)
{
    return access("/usr/sbin/nginx", X_OK) == 0;
}

static bool has_echo(void)
{
    return has_nginx() && access(MODULES "ngx_http_echo_module.so", R_OK) == 0;
}

static bool has_lua(void)
{
    return has_nginx() && access(MODULES "ngx_http_lua_module.so", R_OK) == 0 &&
           access(MODULES "ndk_http_module.so", R_OK) == 0;
}

static void append_modules(const struct server_kind *kind, struct buf *out)
{
    if (kind->is_present == has_echo) {
        buf_append_text(out, "load_module " MODULES "ngx_http_echo_module.so;\n");
    }
    if (kind->is_present == has_lua) {
        buf_append_text(out, "load_module " MODULES "ndk_http_module.so;\n"
                             "load_module " MODULES "ngx_http_lua_module.so;\n");
    }
}

static void append_configuration(const struct server *server, struct buf *out)
{
    append_modules(server->kind, out);
    buf_append_format(out,
                      "%sdaemon off; worker_processes 1; worker_rlimit_nofile 20000;\n"
                      "pid pid; error_log errors error;\n"
                      "events { worker_connections 19900; }\n"
                      "http {\n"
                      "access_log off; keepalive_requests 1000000000; keepalive_timeout 3600;\n"
                      "client_body_buffer_size 256k; client_max_body_size 1m;\n"
                      "client_body_temp_path body; proxy_temp_path proxy;\n"
                      "fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;\n",
                      geteuid() == 0 ? "user root;\n" : "");
    buf_append_format(out,
                      "%s\nserver {\n"
                      "listen 127.0.0.1:%u backlog=4096; listen 127.0.0.1:%u http2 backlog=4096;\n"
                      "listen 127.0.0.1:%u ssl http2 backlog=4096;\n"
                      "ssl_certificate %s; ssl_certificate_key %s;\n"
                      "location / {\n%s\n}\n}\n}\n",
                      server->kind->http, server->port, server->http2_port, server->tls_port,
                      server->place->certificate, server->place->key, server->kind->location);
}

static enum status configure(struct server *server, struct fault *fault)
{
    struct buf text;
    server->admin_port = 0;
    buf_init(&text, CONFIGURATION_BYTES_MAX);
    append_configuration(server, &text);
    int folder_fd = open(server->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum status status =
        folder_fd < 0 ? fault_errno(fault, errno, "cannot open %s", server->folder) : STATUS_OK;
    if (status == STATUS_OK && buf_status(&text) != STATUS_OK) {
        status = fault_set(fault, buf_status(&text), "no memory for a configuration");
    }
    if (status == STATUS_OK) {
        status = file_replace(folder_fd, "nginx.conf", buf_view(&text), fault);
    }
    if (folder_fd >= 0) {
        close(folder_fd);
    }
    buf_free(&text);
    return status;
}

static void dispose(struct server *server)
{
    (void)server; /* all it has is in its folder */
}

/* Names without a folder in the configuration are below its prefix. */
static void write_command(const struct server *server, struct command *command)
{
    command_word(command, "/usr/sbin/nginx");
    command_word(command, "-p");
    command_word(command, "%s/", server->folder);
    command_word(command, "-e");
    command_word(command, "%s/errors", server->folder);
    command_word(command, "-c");
    command_word(command, "%s/nginx.conf", server->folder);
}

static pid_t worker(const struct server *server)
{
    return process_child(server->child.pid);
}

/* What was written must not be written back while the next is measured: it is thrown away. */
static enum status settle(struct server *server, struct fault *fault)
{
    char path[SERVER_PATH_BYTES + 64];
    snprintf(path, sizeof(path), "%s/bodies", server->folder);
    if (access(path, F_OK) == 0 && truncate(path, 0) != 0) {
        return fault_errno(fault, errno, "cannot empty %s", path);
    }
    return STATUS_OK;
}

const struct server_kind server_nginx_204 = {
    .name = "nginx-204",
    .note = "return 204, the body read and dropped; nothing is kept",
    .http = "",
    .location = "return 204;",
    .is_present = has_nginx,
    .configure = configure,
    .command = write_command,
    .worker = worker,
    .settle = settle,
    .dispose = dispose,
};

const struct server_kind server_nginx_204_8k = {
    .name = "nginx-204-8k",
    .note = "the same with client_header_buffer_size 8k",
    .http = "client_header_buffer_size 8k;",
    .location = "return 204;",
    .is_present = has_nginx,
    .configure = configure,
    .command = write_command,
    .worker = worker,
    .settle = settle,
    .dispose = dispose,
};

const struct server_kind server_nginx_log = {
    .name = "nginx-log",
    .note = "echo_read_request_body, access_log of $request_body (escape=json, buffer=64k); in the "
            "page cache up to a second after the answer, never synced",
    .http = "client_header_buffer_size 8k; log_format body escape=json '$request_body';",
    .location = "access_log bodies body buffer=64k flush=1s;\n"
                "echo_read_request_body; echo_status 204; echo -n;",
    .is_present = has_echo,
    .configure = configure,
    .command = write_command,
    .worker = worker,
    .settle = settle,
    .dispose = dispose,
};

const struct server_kind server_nginx_lua = {
    .name = "nginx-lua",
    .note = "content_by_lua writes the body to a file through 64 KiB of stdio; in the page cache "
            "some time after the answer, never synced",
    .http = "client_header_buffer_size 8k;\n"
            "init_worker_by_lua_block {\n"
            "bodies = assert(io.open(ngx.config.prefix() .. 'bodies', 'a'))\n"
            "bodies:setvbuf('full', 65536)\n"
            "}",
    .location = "content_by_lua_block {\n"
                "ngx.req.read_body()\n"
                "bodies:write(ngx.req.get_body_data() or '', '\\n')\n"
                "ngx.exit(204)\n"
                "}",
    .is_present = has_lua,
    .configure = configure,
    .command = write_command,
    .worker = worker,
    .settle = settle,
    .dispose = dispose,
};
