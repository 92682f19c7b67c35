#include "app/opt_out.h"

#include "app/cookie_domain.h"
#include "base/buf.h"
#include "base/url.h"

enum { LINE_BYTES_MAX = 512 };

bool opt_out_is_asked(const struct http_head *head)
{
    struct view ignored;
    if (head->method == HTTP_POST) {
        return view_is(head->path, "/e") && url_find_parameter(head->query, "optout", &ignored);
    }
    return (head->method == HTTP_GET || head->method == HTTP_HEAD) &&
           view_is(head->path, "/optout");
}

/* A domain that is not ours is left out, and the cookie is one of this host: nobody's wish to opt
 * out fails. */
static struct view domain_of(const struct http_head *head)
{
    const char *name = head->method == HTTP_POST ? "optout" : "domain";
    struct view host = cookie_domain_host(http_header(head, "host"));
    struct view domain;
    if (url_find_parameter(head->query, name, &domain) && cookie_domain_is_host(domain) &&
        cookie_domain_covers(domain, host)) {
        return domain;
    }
    return view_make(NULL, 0);
}

void opt_out_answer(const struct http_head *head, struct http_reply *reply)
{
    struct view domain = domain_of(head);
    struct buf line;
    buf_init(&line, LINE_BYTES_MAX);
    buf_append_text(&line, "pipes_disabled=1; Path=/; Max-Age=34128000");
    if (domain.len > 0) {
        buf_append_format(&line, "; Domain=%.*s", VIEW_ARG(domain));
    }
    buf_append_text(&line, "; SameSite=Lax");
    if (view_starts_with(http_header(head, "origin"), "https://")) {
        buf_append_text(&line, "; Secure");
    }
    if (buf_status(&line) == STATUS_OK) {
        http_reply_header(reply, "Set-Cookie", buf_view(&line));
    }
    buf_free(&line);
    http_reply_header(reply, "Cache-Control", VIEW_LITERAL("no-store"));
    http_reply_header(reply, "Content-Type", VIEW_LITERAL("text/plain; charset=utf-8"));
    buf_append_text(&reply->body, "This browser is no longer counted here.\n");
}
