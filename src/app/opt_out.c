#include "app/opt_out.h"

#include "app/cookie_domain.h"
#include "base/buf.h"
#include "base/url.h"

enum { LINE_BYTES_MAX = 512 };

static bool find_parameter(struct view query, const char *wanted, struct view *found)
{
    struct view name;
    while (url_next_parameter(&query, &name, found)) {
        if (view_is(name, wanted)) {
            return true;
        }
    }
    return false;
}

bool opt_out_is_asked(const struct http_head *head)
{
    struct view ignored;
    if (head->method == HTTP_POST) {
        return view_is(head->path, "/e") && find_parameter(head->query, "optout", &ignored);
    }
    return (head->method == HTTP_GET || head->method == HTTP_HEAD) &&
           view_is(head->path, "/optout");
}

/* Nobody is refused for a domain that is not ours: the refusal then holds for this host. */
static struct view domain_of(const struct http_head *head)
{
    const char *name = head->method == HTTP_POST ? "optout" : "domain";
    struct view host = cookie_domain_host(http_header(head, "host"));
    struct view domain;
    if (find_parameter(head->query, name, &domain) && cookie_domain_is_host(domain) &&
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
