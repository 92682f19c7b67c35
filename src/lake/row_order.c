#include "lake/row_order.h"

struct view row_said(const struct row_cells *cells, enum column column, struct arena *arena)
{
    struct view text = {0};
    enum cell_kind kind = cells->kinds[column];
    bool is_string = kind == CELL_PLAIN || kind == CELL_ESCAPED;
    if (!is_string || row_text(cells->text[column], kind, arena, &text) != STATUS_OK) {
        return view_make(NULL, 0);
    }
    return text;
}

/* Shorter ones come first, as in memcmp(). Little-endian, as all that we run on. */
static uint64_t head_of(struct view text)
{
    uint64_t head = 0;
    memcpy(&head, text.at ? text.at : "", text.len < 8 ? text.len : 8);
    return __builtin_bswap64(head);
}

bool row_order_make(struct row_order *order, const struct row_cells *cells, struct arena *arena)
{
    int64_t seq = 0;
    if (!row_cells_integer(cells, COLUMN_INGEST_SEQ, &seq) || seq <= 0) {
        return false;
    }
    *order = (struct row_order){
        .site = row_said(cells, COLUMN_SITE, arena),
        .anonymous_id = row_said(cells, COLUMN_ANONYMOUS_ID, arena),
        .ingest_seq = (uint64_t)seq,
    };
    order->site_head = head_of(order->site);
    order->anonymous_head = head_of(order->anonymous_id);
    if (!row_cells_time(cells, COLUMN_EVENT_TIME, &order->time_ms)) {
        order->time_ms = INT64_MIN;
    }
    return true;
}

static inline int compare_texts(uint64_t left_head, uint64_t right_head, struct view left,
                                struct view right)
{
    if (left_head != right_head) {
        return left_head < right_head ? -1 : 1;
    }
    size_t shorter = left.len < right.len ? left.len : right.len;
    int order = shorter > 8 ? memcmp(left.at + 8, right.at + 8, shorter - 8) : 0;
    return order != 0 ? order : (left.len > right.len) - (left.len < right.len);
}

int row_order_compare(const struct row_order *left, const struct row_order *right)
{
    int order = compare_texts(left->site_head, right->site_head, left->site, right->site);
    if (order == 0) {
        order = compare_texts(left->anonymous_head, right->anonymous_head, left->anonymous_id,
                              right->anonymous_id);
    }
    if (order == 0) {
        order = (left->time_ms > right->time_ms) - (left->time_ms < right->time_ms);
    }
    return order != 0
               ? order
               : (left->ingest_seq > right->ingest_seq) - (left->ingest_seq < right->ingest_seq);
}

uint64_t row_property_bytes(const struct row_cells *cells)
{
    enum cell_kind kind = cells->kinds[COLUMN_PROPERTIES];
    bool is_string = kind == CELL_PLAIN || kind == CELL_ESCAPED;
    return kind == CELL_NONE ? 0 : cells->text[COLUMN_PROPERTIES].len + (is_string ? 2 : 0);
}
