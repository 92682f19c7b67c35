#include "app/stable_seq.h"

#include "app/admin_client.h"
#include "base/arena.h"
#include "base/file.h"
#include "base/json.h"
#include "journal/data_folder.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

enum { HTTP_OK = 200 };

static enum status ask(const struct admin_client *client, uint64_t *stable, struct fault *fault)
{
    struct admin_answer answer;
    struct arena arena;
    struct json doc;
    int64_t number = 0;
    arena_init(&arena, ADMIN_ANSWER_BYTES_MAX);
    enum status status =
        admin_client_ask(client, "GET", "/counts", view_make(NULL, 0), &answer, fault);
    if (status == STATUS_OK && answer.status != HTTP_OK) {
        status = fault_set(fault, STATUS_IO, "the collector answered %u", answer.status);
    }
    if (status == STATUS_OK) {
        status = json_parse(&doc, buf_view(&answer.body), &arena, NULL, fault);
    }
    if (status == STATUS_OK &&
        !json_to_int64(&doc, json_member(&doc, JSON_ROOT, "stable_seq"), &number)) {
        status = fault_set(fault, STATUS_IO, "the collector does not say its stable_seq");
    }
    *stable = (uint64_t)number;
    arena_free(&arena);
    admin_answer_free(&answer);
    return status;
}

/* Where none runs, no number below the mark is given any more. */
static enum status read_mark(int data_fd, uint64_t *stable, struct fault *fault)
{
    int fd;
    struct buf text;
    *stable = 0;
    enum status status = data_folder_enter(data_fd, "journal", false, &fd, fault);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    buf_init(&text, 64);
    status = file_read(fd, "SEQUENCE", &text, fault);
    struct view line = buf_view(&text);
    if (status == STATUS_OK && !view_to_uint64(view_cut(&line, '\n'), stable)) {
        status = fault_set(fault, STATUS_DAMAGED, "journal/SEQUENCE must hold one number");
    }
    buf_free(&text);
    close(fd);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status stable_seq_ask(int data_fd, const char *data, uint64_t *stable, struct fault *fault)
{
    struct admin_client client;
    enum status status = admin_client_open(&client, data, fault);
    if (status == STATUS_NOT_FOUND) {
        return read_mark(data_fd, stable, fault);
    }
    if (status == STATUS_OK) {
        status = ask(&client, stable, fault);
    }
    bool is_gone = client.pid > 0 && kill((pid_t)client.pid, 0) != 0 && errno == ESRCH;
    if (status != STATUS_OK && is_gone) {
        return read_mark(data_fd, stable, fault);
    }
    return status == STATUS_OK || status == STATUS_DAMAGED ? status : STATUS_BUSY;
}
