#include "load/client.h"

#include "base/clock.h"

#include <errno.h>
#include <sys/epoll.h>

enum status client_open(struct client *client, struct client_shared *shared, struct fault *fault)
{
    *client = (struct client){.shared = shared, .channel = {.fd = -1}, .free_slots = shared->slots};
    buf_init(&client->unsent, CLIENT_UNSENT_BYTES_MAX);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    enum status status = channel_open(&client->channel, &shared->endpoint, fault);
    if (status == STATUS_OK) {
        status = shared->protocol->open(client, fault);
    }
    if (status == STATUS_OK &&
        epoll_ctl(shared->epoll_fd, EPOLL_CTL_ADD, client->channel.fd, &event) != 0) {
        status = fault_errno(fault, errno, "cannot watch a socket");
    }
    if (status != STATUS_OK) {
        client_close(client);
    }
    return status;
}

void client_close(struct client *client)
{
    if (client->shared) {
        client->shared->protocol->close(client);
        channel_close(&client->channel);
        buf_free(&client->unsent);
        *client = (struct client){0};
    }
}

bool client_send(struct client *client, int64_t started_ns)
{
    client->free_slots--;
    return client->shared->protocol->send(client, started_ns);
}

bool client_receive(struct client *client)
{
    bool is_good = true;
    do {
        char *input = client->shared->input;
        ssize_t got = channel_read(&client->channel, input, CLIENT_INPUT_BYTES);
        client->received_ns = clock_stopwatch_ns();
        if (got > 0) {
            is_good = client->shared->protocol->receive(client, view_make(input, (size_t)got));
        } else {
            return got == 0;
        }
    } while (is_good && channel_has_more(&client->channel));
    return is_good;
}

static bool write_unsent(struct client *client)
{
    while (client->unsent.len > 0) {
        ssize_t sent = channel_write(&client->channel, buf_view(&client->unsent));
        if (sent <= 0) {
            return sent == 0;
        }
        buf_consume(&client->unsent, (size_t)sent);
    }
    return true;
}

static bool watch_writing(struct client *client)
{
    bool wants = client->unsent.len > 0;
    struct epoll_event event = {.events = wants ? EPOLLIN | EPOLLOUT : EPOLLIN, .data.ptr = client};
    bool is_good =
        wants == client->wants_to_write ||
        epoll_ctl(client->shared->epoll_fd, EPOLL_CTL_MOD, client->channel.fd, &event) == 0;
    client->wants_to_write = wants;
    return is_good;
}

bool client_flush(struct client *client)
{
    return write_unsent(client) && client->shared->protocol->flush(client) && watch_writing(client);
}

bool client_write(struct client *client, struct view bytes)
{
    while (bytes.len > 0 && client->unsent.len == 0) {
        ssize_t sent = channel_write(&client->channel, bytes);
        if (sent < 0) {
            return false;
        }
        bytes = view_part(bytes, (size_t)sent, SIZE_MAX);
        if (sent == 0) {
            break;
        }
    }
    return buf_append_view(&client->unsent, bytes) == STATUS_OK;
}

void client_answered(struct client *client, unsigned status, int64_t started_ns)
{
    struct client_answer answer = {status, started_ns, client->received_ns};
    client->free_slots++;
    client->shared->on_answer(client->shared->self, client, &answer);
}
