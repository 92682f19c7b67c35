#include "enrich/hosting_list.h"
#include "net/forwarded.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Line by line, as slowly as can be. */
static bool stands_in(struct view text, const struct ip_address *address)
{
    while (text.len > 0) {
        struct view line = view_cut(&text, '\n');
        struct trusted_networks one = {.count = 1};
        struct view member = view_trim(view_part(line, 0, view_find(line, '#')));
        if (network_parse(&one.networks[0], member, NULL) == STATUS_OK &&
            trusted_networks_hold(&one, address)) {
            return true;
        }
    }
    return false;
}

/* 16 bytes of an address, then a list. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hosting_list *list;
    struct fault fault = {0};
    if (size < 16) {
        return 0;
    }
    struct ip_address address = ip_address_from_v6(data);
    struct view text = view_make((const char *)data + 16, size - 16);
    enum status status = hosting_list_read(&list, "list", text, &fault);
    bool is_held = status == STATUS_OK && hosting_list_holds(list, &address, IP_ADDRESS_BITS);
    if ((status == STATUS_OK) != (list != NULL) || (status != STATUS_OK && !fault.text[0]) ||
        (status == STATUS_OK && is_held != stands_in(text, &address))) {
        abort();
    }
    if (list && hosting_list_holds(list, &address, 96) && !is_held) {
        abort();
    }
    hosting_list_close(list);
    return 0;
}
