#include "lake/ledger_tally.h"

#include "base/hash.h"

#include <stdlib.h>

enum { FIRST_ROOM = 16, SPARE_FOR_OTHER = 64 };

const char LEDGER_OTHER[] = "(other)";

static const char *const NAMES[LEDGER_COUNTS] = {
    [LEDGER_REQUESTS] = "requests",
    [LEDGER_ANSWERED] = "answered",
    [LEDGER_REFUSED_NOT_JSON] = "refused_not_json",
    [LEDGER_REFUSED_TOO_BIG] = "refused_too_big",
    [LEDGER_REFUSED_ORIGIN] = "refused_origin",
    [LEDGER_REFUSED_OVERLOADED] = "refused_overloaded",
    [LEDGER_REFUSED_SOURCE] = "refused_source",
    [LEDGER_REFUSED_SITE] = "refused_site",
    [LEDGER_REFUSED_STRANGER] = "refused_stranger",
    [LEDGER_REFUSED_HTTP] = "refused_http",
    [LEDGER_TURNED_AWAY] = "turned_away",
    [LEDGER_UNANSWERED] = "unanswered",
    [LEDGER_RECEIVED] = "received",
    [LEDGER_REPLAYED] = "replayed",
    [LEDGER_DROPPED_SIGNAL] = "dropped_signal",
    [LEDGER_DROPPED_FORGOTTEN] = "dropped_forgotten",
    [LEDGER_GIVEN_UP] = "given_up",
    [LEDGER_ACCEPTED] = "accepted",
    [LEDGER_TAKEN] = "taken",
    [LEDGER_RECOVERED] = "recovered",
    [LEDGER_STORED] = "stored",
    [LEDGER_DUPLICATE] = "duplicate",
    [LEDGER_QUARANTINED] = "quarantined",
    [LEDGER_QUARANTINE_FULL] = "quarantine_full",
    [LEDGER_ERASED_EARLY] = "erased_early",
    [LEDGER_COMPACTED] = "compacted",
    [LEDGER_MERGED] = "merged",
    [LEDGER_ERASED] = "erased",
    [LEDGER_EXPIRED] = "expired",
    [LEDGER_QUARANTINE_ERASED] = "quarantine_erased",
    [LEDGER_QUARANTINE_EXPIRED] = "quarantine_expired",
};

const char *ledger_count_name(enum ledger_count count)
{
    return NAMES[count];
}

enum ledger_count ledger_count_find(struct view name)
{
    enum ledger_count count = 0;
    while (count < LEDGER_COUNTS && !view_is(name, NAMES[count])) {
        count++;
    }
    return count;
}

void ledger_tally_init(struct ledger_tally *tally, size_t ceiling)
{
    *tally = (struct ledger_tally){.ceiling = ceiling};
}

void ledger_tally_free(struct ledger_tally *tally)
{
    size_t ceiling = tally->ceiling;
    free(tally->rows);
    free(tally->slots);
    ledger_tally_init(tally, ceiling);
}

void ledger_tally_clear(struct ledger_tally *tally)
{
    tally->count = 0;
    tally->is_full = false;
    tally->lost = 0;
    if (tally->slots) {
        memset(tally->slots, 0, tally->slot_count * sizeof(*tally->slots));
    }
}

struct view ledger_plain_site(struct view site)
{
    bool is_plain = site.len < LEDGER_SITE_BYTES;
    for (size_t i = 0; i < site.len && is_plain; i++) {
        char byte = site.at[i];
        bool is_letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
        is_plain = is_letter || (byte >= '0' && byte <= '9') || (byte != 0 && strchr("._-", byte));
    }
    return is_plain ? site : view_from_text(LEDGER_OTHER);
}

/* The slot of hour and site: where its row is named, or may be. */
static uint32_t *find_slot(const struct ledger_tally *tally, int64_t hour, struct view site)
{
    size_t at = hash_64((uint64_t)hour, site) % tally->slot_count;
    for (; tally->slots[at] != 0; at = (at + 1) % tally->slot_count) {
        const struct ledger_row *row = &tally->rows[tally->slots[at] - 1];
        if (row->hour == hour && view_is(site, row->site)) {
            break;
        }
    }
    return &tally->slots[at];
}

static bool grow(struct ledger_tally *tally)
{
    size_t room = tally->room > 0 ? tally->room * 4 : FIRST_ROOM;
    room = room < tally->ceiling ? room : tally->ceiling;
    struct ledger_row *rows = realloc(tally->rows, room * sizeof(*rows));
    tally->rows = rows ? rows : tally->rows;
    uint32_t *slots = rows ? calloc(room * 2, sizeof(*slots)) : NULL;
    if (!slots) {
        return false;
    }
    free(tally->slots);
    tally->slots = slots;
    tally->slot_count = room * 2;
    tally->room = room;
    for (size_t i = 0; i < tally->count; i++) {
        const struct ledger_row *row = &tally->rows[i];
        *find_slot(tally, row->hour, view_from_text(row->site)) = (uint32_t)i + 1;
    }
    return true;
}

/* The last places are kept for the others of each hour. */
static bool has_place(struct ledger_tally *tally, struct view site)
{
    bool is_other = view_is(site, LEDGER_OTHER) || site.len == 0;
    size_t spare = tally->ceiling > 2 * SPARE_FOR_OTHER ? SPARE_FOR_OTHER : 0;
    if (tally->count >= tally->ceiling - (is_other ? 0 : spare)) {
        return false;
    }
    return tally->count < tally->room || grow(tally);
}

static struct ledger_row *take_row(struct ledger_tally *tally, int64_t hour, struct view site)
{
    uint32_t *slot = tally->slot_count > 0 ? find_slot(tally, hour, site) : NULL;
    if (slot && *slot != 0) {
        return &tally->rows[*slot - 1];
    }
    if (!has_place(tally, site)) {
        return NULL;
    }
    slot = find_slot(tally, hour, site);
    struct ledger_row *row = &tally->rows[tally->count++];
    *slot = (uint32_t)tally->count;
    *row = (struct ledger_row){.hour = hour, .site_len = (uint8_t)site.len};
    if (site.len > 0) {
        memcpy(row->site, site.at, site.len);
    }
    return row;
}

/* As a rule one site and what is of none follow each other: their names are plain, or no row would
 * be called so. */
static struct ledger_row *find_recent(struct ledger_tally *tally, int64_t hour, struct view site)
{
    for (int i = 0; i < 2 && tally->recent[i] < tally->count; i++) {
        struct ledger_row *row = &tally->rows[tally->recent[i]];
        if (row->hour == hour && row->site_len == site.len &&
            (site.len == 0 || memcmp(row->site, site.at, site.len) == 0)) {
            return row;
        }
    }
    return NULL;
}

static struct ledger_row *row_of(struct ledger_tally *tally, int64_t hour, struct view site)
{
    struct ledger_row *row = find_recent(tally, hour, site);
    if (row) {
        return row;
    }
    row = take_row(tally, hour, ledger_plain_site(site));
    if (!row) {
        tally->is_full = true;
        row = take_row(tally, hour, view_from_text(LEDGER_OTHER));
    }
    if (row) {
        tally->recent[1] = tally->recent[0];
        tally->recent[0] = (size_t)(row - tally->rows);
    }
    return row;
}

void ledger_tally_mark(struct ledger_tally *tally, int64_t hour, struct view site, uint64_t seq)
{
    struct ledger_row *row = row_of(tally, hour, site);
    if (row && row->mark < seq) {
        row->mark = seq;
    }
}

void ledger_tally_add(struct ledger_tally *tally, int64_t hour, struct view site,
                      enum ledger_count count, uint64_t by)
{
    struct ledger_row *row = row_of(tally, hour, site);
    if (row) {
        row->counts[count] += by;
    } else {
        tally->lost += by;
    }
}

void ledger_tally_sum(struct ledger_tally *tally, const struct ledger_tally *other)
{
    for (size_t i = 0; i < other->count; i++) {
        const struct ledger_row *row = &other->rows[i];
        for (enum ledger_count count = 0; count < LEDGER_COUNTS; count++) {
            if (row->counts[count] > 0) {
                ledger_tally_add(tally, row->hour, view_from_text(row->site), count,
                                 row->counts[count]);
            }
        }
    }
    tally->is_full = tally->is_full || other->is_full;
    tally->lost += other->lost;
}

const struct ledger_row *ledger_tally_find(const struct ledger_tally *tally, int64_t hour,
                                           struct view site)
{
    uint32_t *slot = tally->slot_count > 0 ? find_slot(tally, hour, ledger_plain_site(site)) : NULL;
    return slot && *slot != 0 ? &tally->rows[*slot - 1] : NULL;
}

static int compare_rows(const void *a, const void *b)
{
    const struct ledger_row *left = a;
    const struct ledger_row *right = b;
    if (left->hour != right->hour) {
        return left->hour < right->hour ? -1 : 1;
    }
    return strcmp(left->site, right->site);
}

void ledger_tally_sort(struct ledger_tally *tally)
{
    if (tally->count > 1) {
        qsort(tally->rows, tally->count, sizeof(*tally->rows), compare_rows);
    }
    if (tally->slots) {
        memset(tally->slots, 0, tally->slot_count * sizeof(*tally->slots));
    }
    for (size_t i = 0; i < tally->count; i++) {
        const struct ledger_row *row = &tally->rows[i];
        *find_slot(tally, row->hour, view_from_text(row->site)) = (uint32_t)i + 1;
    }
}
