#include "app/admin_replay.h"

#include "app/admin_token.h"

enum net_verdict admin_replay(struct replay_desk *desk, const char *token, struct exchange *x)
{
    const struct http_request *request = exchange_request(x);
    struct http_reply *reply = exchange_reply(x);
    http_reply_header(reply, "Cache-Control", VIEW_LITERAL("no-store"));
    if (!admin_token_is(token, http_header(request->head, "authorization"))) {
        http_reply_error(reply, 401, "the file ADMIN_TOKEN in the data folder says who may ask");
        http_reply_header(reply, "WWW-Authenticate", VIEW_LITERAL("Bearer"));
        return NET_DONE;
    }
    if (request->head->method != HTTP_POST) {
        http_reply_error(reply, 405, "rows to be replayed are posted here");
        http_reply_header(reply, "Allow", VIEW_LITERAL("POST"));
        return NET_DONE;
    }
    if (!replay_desk_ask(desk, x, request->body)) {
        http_reply_error(reply, 409, "another lot is being replayed; try again");
        return NET_DONE;
    }
    return NET_WAIT;
}
