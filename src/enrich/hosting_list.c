#include "enrich/hosting_list.h"

#include "base/file.h"
#include "net/forwarded.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_ROOM = 64 };

/* From one address to another; both are in it. */
struct range {
    struct ip_address first;
    struct ip_address last;
};

struct hosting_list {
    struct range *ranges; /* in order, none touches the next */
    size_t range_count;
    size_t range_room;
    uint32_t *numbers; /* in order */
    size_t number_count;
    size_t number_room;
};

static int compare_addresses(const struct ip_address *a, const struct ip_address *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

static int compare_ranges(const void *a, const void *b)
{
    const struct range *left = a;
    const struct range *right = b;
    return compare_addresses(&left->first, &right->first);
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

/* All that begins with these bits. */
static struct range range_of(const struct ip_address *address, unsigned bits)
{
    struct range range = {*address, *address};
    for (unsigned bit = bits; bit < IP_ADDRESS_BITS; bit++) {
        range.first.bytes[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
        range.last.bytes[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
    }
    return range;
}

/* Whether nothing is between the end of one and the begin of the other. */
static bool touch(const struct range *one, const struct range *next)
{
    struct ip_address behind = one->last;
    for (size_t i = sizeof(behind.bytes); i-- > 0 && ++behind.bytes[i] == 0;) {
    }
    return compare_addresses(&next->first, &one->last) <= 0 ||
           compare_addresses(&next->first, &behind) == 0;
}

static void merge(struct hosting_list *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->range_count; i++) {
        struct range *last = kept > 0 ? &list->ranges[kept - 1] : NULL;
        const struct range *range = &list->ranges[i];
        if (!last || !touch(last, range)) {
            list->ranges[kept++] = *range;
        } else if (compare_addresses(&range->last, &last->last) > 0) {
            last->last = range->last;
        }
    }
    list->range_count = kept;
}

/* Room for one more; the size of the file is the ceiling. */
static bool grow(void **rows, size_t row_bytes, size_t count, size_t *room)
{
    if (count < *room) {
        return true;
    }
    size_t more = *room > 0 ? 2 * *room : FIRST_ROOM;
    void *grown = realloc(*rows, more * row_bytes);
    if (grown) {
        *rows = grown;
        *room = more;
    }
    return grown != NULL;
}

static enum status no_memory(struct fault *fault)
{
    return fault_set(fault, STATUS_NO_MEMORY, "no memory for a list of networks");
}

static enum status add_number(struct hosting_list *list, uint64_t number, struct fault *fault)
{
    if (!grow((void **)&list->numbers, sizeof(*list->numbers), list->number_count,
              &list->number_room)) {
        return no_memory(fault);
    }
    list->numbers[list->number_count++] = (uint32_t)number;
    return STATUS_OK;
}

static enum status add_range(struct hosting_list *list, const struct network *network,
                             struct fault *fault)
{
    if (!grow((void **)&list->ranges, sizeof(*list->ranges), list->range_count,
              &list->range_room)) {
        return no_memory(fault);
    }
    list->ranges[list->range_count++] = range_of(&network->address, network->bits);
    return STATUS_OK;
}

/* Addresses of IPv4 stand within those of IPv6 (ip_address.h): what is as wide as to hold them all
 * would be no list of servers. */
static bool holds_all_v4(const struct network *network)
{
    static const uint8_t NONE[4] = {0};
    struct ip_address v4 = ip_address_from_v4(NONE);
    struct range wide = range_of(&network->address, network->bits);
    return !ip_address_is_v4(&network->address) && compare_addresses(&wide.first, &v4) < 0 &&
           compare_addresses(&v4, &wide.last) < 0;
}

static enum status read_line(struct hosting_list *list, struct view line, struct fault *fault)
{
    struct network network;
    uint64_t number = 0;
    struct view text = view_trim(view_part(line, 0, view_find(line, '#')));
    bool is_number = view_is_ignoring_case(view_part(text, 0, 2), "as");
    if (text.len == 0) {
        return STATUS_OK;
    }
    if (is_number && view_to_uint64(view_part(text, 2, text.len), &number) &&
        number <= UINT32_MAX) {
        return add_number(list, number, fault);
    }
    if (is_number || network_parse(&network, text, NULL) != STATUS_OK || holds_all_v4(&network)) {
        return fault_set(fault, STATUS_BAD_INPUT,
                         "'%.*s' is no network; write 203.0.113.0/24, 2001:db8::/32 or AS64500",
                         (int)(text.len < 80 ? text.len : 80), text.at);
    }
    return add_range(list, &network, fault);
}

static enum status read_lines(struct hosting_list *list, const char *path, struct view text,
                              struct fault *fault)
{
    struct fault why = {0};
    enum status status = STATUS_OK;
    size_t number = 0;
    while (text.len > 0 && status == STATUS_OK) {
        number++;
        status = read_line(list, view_cut(&text, '\n'), &why);
    }
    if (status != STATUS_OK) {
        return fault_set(fault, status, "%s, line %zu: %s", path, number, why.text);
    }
    if (list->range_count > 0) {
        qsort(list->ranges, list->range_count, sizeof(*list->ranges), compare_ranges);
        merge(list);
    }
    if (list->number_count > 0) {
        qsort(list->numbers, list->number_count, sizeof(*list->numbers), compare_numbers);
    }
    return STATUS_OK;
}

enum status hosting_list_read(struct hosting_list **list, const char *path, struct view text,
                              struct fault *fault)
{
    struct hosting_list *made = calloc(1, sizeof(*made));
    *list = NULL;
    if (!made) {
        return no_memory(fault);
    }
    enum status status = read_lines(made, path, text, fault);
    if (status != STATUS_OK) {
        hosting_list_close(made);
        return status;
    }
    *list = made;
    return STATUS_OK;
}

enum status hosting_list_open(struct hosting_list **list, const char *path, struct fault *fault)
{
    struct buf text;
    *list = NULL;
    buf_init(&text, HOSTING_LIST_BYTES_MAX);
    enum status status = file_read(AT_FDCWD, path, &text, fault);
    status = status == STATUS_OK ? hosting_list_read(list, path, buf_view(&text), fault) : status;
    buf_free(&text);
    return status;
}

void hosting_list_close(struct hosting_list *list)
{
    if (list) {
        free(list->ranges);
        free(list->numbers);
        free(list);
    }
}

bool hosting_list_holds(const struct hosting_list *list, const struct ip_address *address,
                        unsigned bits)
{
    struct range wanted = range_of(address, bits);
    size_t low = 0;
    size_t high = list ? list->range_count : 0;
    while (low < high) { /* behind the last one that begins before it, or where it does */
        size_t middle = (low + high) / 2;
        if (compare_addresses(&list->ranges[middle].first, &wanted.first) <= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 && compare_addresses(&wanted.last, &list->ranges[low - 1].last) <= 0;
}

bool hosting_list_holds_number(const struct hosting_list *list, uint32_t number)
{
    return list && list->number_count > 0 && number > 0 &&
           bsearch(&number, list->numbers, list->number_count, sizeof(number), compare_numbers);
}
