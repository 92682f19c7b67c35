#include "net/forwarded.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_BYTES = 512 };

/* Lines: networks, peer, scheme, then values of X-Forwarded-For. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct http_head head;
    struct view rest = view_make((const char *)data, size);
    struct trusted_networks trusted;
    struct forwarded client;
    struct fault fault = {0};
    char networks[TEXT_BYTES] = "";
    char peer[TEXT_BYTES] = "";
    struct view line = view_part(view_cut(&rest, '\n'), 0, TEXT_BYTES - 1);
    memcpy(networks, line.len > 0 ? line.at : "", line.len);
    line = view_part(view_cut(&rest, '\n'), 0, TEXT_BYTES - 1);
    memcpy(peer, line.len > 0 ? line.at : "", line.len);
    http_head_clear(&head);
    bool has_room = http_head_add(&head, VIEW_LITERAL("x-forwarded-proto"), view_cut(&rest, '\n'));
    while (rest.len > 0 && has_room) {
        has_room = http_head_add(&head, VIEW_LITERAL("x-forwarded-for"), view_cut(&rest, '\n'));
    }
    bool is_ok = trusted_networks_parse(&trusted, networks, &fault) == STATUS_OK;
    forwarded_read(&client, &trusted, peer, &head);
    struct ip_address from;
    struct ip_address to;
    bool is_address = ip_address_parse(&from, view_from_text(peer));
    bool is_answer = !is_address || ip_address_parse(&to, view_from_text(client.address));
    bool is_moved = is_address && is_answer && memcmp(&from, &to, sizeof(from)) != 0;
    bool is_believed = is_moved || client.is_https;
    bool may_believe = is_ok && is_address && trusted_networks_hold(&trusted, &from);
    if (!is_answer || (is_believed && !may_believe) || is_ok == (fault.text[0] != '\0')) {
        abort();
    }
    return 0;
}
