#include "app/admin_forget.h"

#include "app/admin_token.h"

static enum net_verdict ask(struct eraser *eraser, struct exchange *x)
{
    struct http_reply *reply = exchange_reply(x);
    struct fault fault = {0};
    enum status status = eraser_ask(eraser, exchange_request(x)->body, &fault);
    if (status != STATUS_OK) {
        unsigned code = status == STATUS_BUSY ? 409 : status == STATUS_BAD_INPUT ? 400 : 503;
        http_reply_error(reply, code, fault.text);
        return NET_DONE;
    }
    reply->status = 202;
    eraser_append_state(eraser, &reply->body);
    return NET_DONE;
}

enum net_verdict admin_forget(struct eraser *eraser, const char *token, struct exchange *x)
{
    const struct http_head *head = exchange_request(x)->head;
    struct http_reply *reply = exchange_reply(x);
    http_reply_header(reply, "Cache-Control", VIEW_LITERAL("no-store"));
    if (!admin_token_is(token, http_header(head, "authorization"))) {
        http_reply_error(reply, 401, "the file ADMIN_TOKEN in the data folder says who may ask");
        http_reply_header(reply, "WWW-Authenticate", VIEW_LITERAL("Bearer"));
        return NET_DONE;
    }
    http_reply_header(reply, "Content-Type", VIEW_LITERAL("application/json"));
    if (head->method == HTTP_POST) {
        return ask(eraser, x);
    }
    eraser_append_state(eraser, &reply->body);
    return NET_DONE;
}
