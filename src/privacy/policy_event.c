#include "privacy/policy_event.h"

#include "privacy/repeated.h"

enum { ADDRESS_LEN = sizeof(struct ip_address) };

enum policy_verdict policy_judge_signals(const struct privacy_policy *policy,
                                         const struct signals *signals)
{
    return signals->is_opted_out                    ? POLICY_NO_OPT_OUT
           : signals->is_gpc && policy->honours_gpc ? POLICY_NO_GPC
           : signals->is_dnt && policy->honours_dnt ? POLICY_NO_DNT
                                                    : POLICY_KEEP;
}

/* JSON text of a column, as it came. */
static struct view json_of(const struct event *event, enum column column)
{
    const struct event_value *value = &event->values[column];
    if (!event_has(event, column)) {
        return view_make(NULL, 0);
    }
    return value->kind == EVENT_RAW    ? value->as.text
           : value->kind == EVENT_JSON ? json_raw(value->as.json.doc, value->as.json.value)
                                       : view_make(NULL, 0);
}

/* The text of `state`, or of a consent that is a text itself; empty when there is none. */
static struct view state_in(const struct json *doc, json_value consent, struct arena *arena)
{
    struct view state = {0};
    json_value at =
        json_kind(doc, consent) == JSON_OBJECT ? json_member(doc, consent, "state") : consent;
    return json_text(doc, at, arena, &state) == STATUS_OK ? state : view_make(NULL, 0);
}

/* A consent that is no object has no column: it stands in the context. */
static struct view consent_of(const struct event *event, struct arena *arena)
{
    struct json doc;
    struct view consent = json_of(event, COLUMN_CONSENT);
    struct view context = json_of(event, COLUMN_CONTEXT);
    if (consent.len > 0) {
        return json_parse(&doc, consent, arena, NULL, NULL) == STATUS_OK
                   ? state_in(&doc, JSON_ROOT, arena)
                   : view_make(NULL, 0);
    }
    bool is_likely = context.len > 0 && memmem(context.at, context.len, "\"consent\"", 9);
    return is_likely && json_parse(&doc, context, arena, NULL, NULL) == STATUS_OK
               ? state_in(&doc, json_member(&doc, JSON_ROOT, "consent"), arena)
               : view_make(NULL, 0);
}

enum policy_verdict policy_judge(const struct privacy_policy *policy, const struct signals *signals,
                                 const struct event *event, struct arena *arena)
{
    enum policy_verdict verdict = policy_judge_signals(policy, signals);
    bool may_say = event_has(event, COLUMN_CONSENT) || event_has(event, COLUMN_CONTEXT);
    if (verdict != POLICY_KEEP || (!may_say && !policy->needs_consent)) {
        return verdict;
    }
    /* What somebody agreed to, or took back, is to be proved later: the record itself is kept. */
    if (view_is(event_text(event, COLUMN_TYPE), "consent")) {
        return POLICY_KEEP;
    }
    struct view state = may_say ? consent_of(event, arena) : view_make(NULL, 0);
    if (view_is(state, "denied")) {
        return POLICY_NO_DENIED;
    }
    return policy->needs_consent && !view_is(state, "granted") ? POLICY_NO_CONSENT : POLICY_KEEP;
}

static struct view state_in_raw(struct view raw, struct arena *arena)
{
    struct json doc;
    if (!memmem(raw.at, raw.len, "consent", 7) ||
        json_parse(&doc, raw, arena, NULL, NULL) != STATUS_OK) {
        return view_make(NULL, 0);
    }
    json_value consent = json_member(&doc, JSON_ROOT, "consent");
    if (consent == JSON_NO_VALUE) {
        consent = json_member(&doc, json_member(&doc, JSON_ROOT, "context"), "consent");
    }
    return state_in(&doc, consent, arena);
}

enum policy_verdict policy_judge_raw(const struct privacy_policy *policy,
                                     const struct signals *signals, struct view raw,
                                     struct arena *arena)
{
    enum policy_verdict verdict = policy_judge_signals(policy, signals);
    if (verdict != POLICY_KEEP) {
        return verdict;
    }
    struct view state = state_in_raw(raw, arena);
    return view_is(state, "denied")                              ? POLICY_NO_DENIED
           : policy->needs_consent && !view_is(state, "granted") ? POLICY_NO_CONSENT
                                                                 : POLICY_KEEP;
}

/* --- what is repeated --- */

/* What of ids and traits is not to be found in the context either: what has no column. */
static unsigned also_of(const struct privacy_policy *policy)
{
    return (policy->user_id != POLICY_ID_KEEP ? REPEATED_USER_IDS : 0) |
           (policy->traits != POLICY_ID_KEEP ? REPEATED_TRAITS : 0) |
           (policy->visitor != POLICY_VISITOR_COOKIE ? REPEATED_VISITOR_IDS : 0);
}

static enum status mask(const struct policy_request *request, struct view *text,
                        struct arena *arena)
{
    const struct view needles[] = {request->address, request->agent, request->told_address,
                                   request->told_agent};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof(needles) / sizeof(needles[0]) && status == STATUS_OK; i++) {
        status = repeated_mask(*text, needles[i], arena, text);
    }
    return status;
}

/* The payload's own visitor is looked for when there is one: that is seldom. */
static unsigned look(const struct policy_request *request, struct view text, bool has_members,
                     unsigned also)
{
    const struct repeated_search search = {has_members, also, {request->address, request->agent}};
    bool is_told = request->told_address.len > 0 || request->told_agent.len > 0;
    return repeated_look(text, &search) | (is_told ? REPEATED_NEEDLE : 0);
}

static enum status clean_json(const struct policy_request *request, struct event *event,
                              enum column column, struct arena *arena)
{
    unsigned also = column == COLUMN_CONTEXT ? also_of(request->policy) : 0;
    struct view text = json_of(event, column);
    struct view clean = text;
    enum status status = STATUS_OK;
    unsigned found = look(request, text, true, also);
    if (found & REPEATED_MEMBER) {
        status = repeated_strip(text, also, arena, &clean);
    }
    if (status == STATUS_OK && (found & REPEATED_NEEDLE)) {
        status = mask(request, &clean, arena);
    }
    if (status != STATUS_OK || clean.at == text.at) {
        return status;
    }
    if (view_is(clean, "{}") && column == COLUMN_CONTEXT) {
        event_remove(event, column);
        return STATUS_OK;
    }
    if (event->values[column].kind == EVENT_RAW) {
        event_set_raw(event, column, clean);
        return STATUS_OK;
    }
    /* It came with whitespace, and was only masked: what is set as it is must have none. */
    struct json *doc = arena_alloc(arena, sizeof(*doc));
    status = doc ? json_parse(doc, clean, arena, NULL, NULL) : STATUS_NO_MEMORY;
    if (status == STATUS_OK) {
        event_set_json(event, column, doc, JSON_ROOT);
    }
    return status;
}

static enum status clean_text(const struct policy_request *request, struct event *event,
                              enum column column, struct arena *arena)
{
    struct view text = event_text(event, column);
    struct view clean = text;
    enum status status = look(request, text, false, 0) ? mask(request, &clean, arena) : STATUS_OK;
    if (status == STATUS_OK && clean.at != text.at) {
        event_set_like(event, column, clean, column);
    }
    return status;
}

static enum status clean(const struct policy_request *request, struct event *event,
                         struct arena *arena)
{
    static const enum column JSON[] = {COLUMN_PROPERTIES, COLUMN_USER_PROPERTIES, COLUMN_CONTEXT,
                                       COLUMN_CONSENT};
    static const enum column TEXT[] = {COLUMN_URL, COLUMN_REFERRER, COLUMN_TITLE, COLUMN_NAME};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof(JSON) / sizeof(JSON[0]) && status == STATUS_OK; i++) {
        if (event_has(event, JSON[i])) {
            status = clean_json(request, event, JSON[i], arena);
        }
    }
    for (size_t i = 0; i < sizeof(TEXT) / sizeof(TEXT[0]) && status == STATUS_OK; i++) {
        if (event_has(event, TEXT[i])) {
            status = clean_text(request, event, TEXT[i], arena);
        }
    }
    return status;
}

/* --- ids --- */

static enum status hash(const struct policy_request *request, enum key_name key,
                        struct policy_memo *memo, struct view id, struct arena *arena,
                        struct fault *fault)
{
    char text[IDENTITY_TEXT_BYTES];
    const struct identity_of of = {request->site, id};
    if (memo->text.len > 0 && view_equal(memo->of, id) && view_equal(memo->site, request->site)) {
        return STATUS_OK;
    }
    enum status status = identity_hash(request->keys, key, &request->moment, &of, text, fault);
    if (status == STATUS_OK) {
        struct view copy = arena_copy(arena, view_make(text, sizeof(text)));
        *memo = (struct policy_memo){request->site, id, copy};
        status = copy.at ? STATUS_OK : fault_set(fault, STATUS_NO_MEMORY, "no memory for a hash");
    }
    return status;
}

static enum status take_id(struct policy_request *request, struct event *event, enum column column,
                           struct arena *arena, struct fault *fault)
{
    struct policy_memo *memo = column == COLUMN_GROUP_ID ? &request->groups : &request->ids;
    struct view id = event_text(event, column);
    if (request->policy->user_id == POLICY_ID_DROP || id.len == 0) {
        event_remove(event, column);
        return STATUS_OK;
    }
    enum status status = hash(request, KEY_OF_IDS, memo, id, arena, fault);
    if (status == STATUS_OK) {
        event_set_plain(event, column, memo->text);
    } else if (status == STATUS_NOT_FOUND) {
        event_remove(event, column);
        return STATUS_OK;
    }
    return status;
}

/* An alias may name the browser's own id as the previous one: that is treated as such. */
static bool names_visitor(const struct event *event)
{
    struct view previous = event_text(event, COLUMN_PREVIOUS_ID);
    return previous.len > 0 && view_equal(previous, event_text(event, COLUMN_ANONYMOUS_ID));
}

static enum status take_ids(struct policy_request *request, struct event *event,
                            struct arena *arena, struct fault *fault)
{
    static const enum column IDS[] = {COLUMN_USER_ID, COLUMN_PREVIOUS_ID, COLUMN_GROUP_ID};
    bool is_visitor = names_visitor(event);
    bool is_dropped = request->policy->user_id == POLICY_ID_DROP;
    enum status status = STATUS_OK;
    if (is_visitor && request->policy->visitor != POLICY_VISITOR_COOKIE) {
        event_remove(event, COLUMN_PREVIOUS_ID);
    }
    for (size_t i = 0; i < sizeof(IDS) / sizeof(IDS[0]) && status == STATUS_OK; i++) {
        bool stays = IDS[i] == COLUMN_PREVIOUS_ID && is_visitor && !is_dropped;
        if (event_has(event, IDS[i]) && !stays && request->policy->user_id != POLICY_ID_KEEP) {
            status = take_id(request, event, IDS[i], arena, fault);
        }
    }
    return status;
}

/* Of the address what may be used, and the agent: as one text. */
static struct view what_is_seen(const struct policy_request *request, struct arena *arena)
{
    struct ip_address address;
    bool is_told = request->told_address.len > 0 || request->told_agent.len > 0;
    struct view agent = is_told ? request->told_agent : request->agent;
    size_t len = ADDRESS_LEN + agent.len;
    char *seen = arena_alloc(arena, len);
    if (!seen) {
        return view_make(NULL, 0);
    }
    if (!ip_address_parse(&address, is_told ? request->told_address : request->address) ||
        policy_cut_address(request->policy, &address) == 0) {
        memset(&address, 0, sizeof(address));
    }
    memcpy(seen, address.bytes, ADDRESS_LEN);
    memcpy(seen + ADDRESS_LEN, agent.at ? agent.at : "", agent.len);
    return view_make(seen, len);
}

static enum status take_visitor(struct policy_request *request, struct event *event,
                                struct arena *arena, struct fault *fault)
{
    static const enum column PARTS[] = {COLUMN_SESSION_INDEX, COLUMN_TAB_ID};
    if (request->policy->visitor == POLICY_VISITOR_COOKIE) {
        return STATUS_OK;
    }
    for (size_t i = 0; i < sizeof(PARTS) / sizeof(PARTS[0]); i++) {
        event_remove(event, PARTS[i]);
    }
    event_remove(event, COLUMN_ANONYMOUS_ID);
    if (request->policy->visitor == POLICY_VISITOR_NONE) {
        event_remove(event, COLUMN_SESSION_ID);
        return STATUS_OK;
    }
    if (request->is_replay) {
        return STATUS_OK; /* of whom nothing is seen any more: all would be one */
    }
    struct view seen = what_is_seen(request, arena);
    enum status status = seen.at ? hash(request, KEY_OF_DAY, &request->visitors, seen, arena, fault)
                                 : fault_set(fault, STATUS_NO_MEMORY, "no memory for a hash");
    if (status == STATUS_OK) {
        event_set_plain(event, COLUMN_ANONYMOUS_ID, request->visitors.text);
    }
    return status;
}

/* --- traits --- */

struct trait_hashing {
    const struct policy_request *request;
    struct arena *arena;
    struct buf *out;
    struct fault *fault;
};

static enum status hash_leaf(const struct trait_hashing *hashing, struct view bytes)
{
    const struct policy_request *request = hashing->request;
    char text[IDENTITY_TEXT_BYTES];
    const struct identity_of of = {request->site, bytes};
    enum status status =
        identity_hash(request->keys, KEY_OF_IDS, &request->moment, &of, text, hashing->fault);
    buf_append_byte(hashing->out, '"');
    buf_append_view(hashing->out, view_make(text, status == STATUS_OK ? sizeof(text) : 0));
    buf_append_byte(hashing->out, '"');
    return status;
}

/* Names, true, false and null stay; strings and numbers become hashes of their bytes. As deep as
 * the reader allows. */
static enum status hash_value(const struct trait_hashing *hashing, const struct json *doc,
                              json_value value)
{
    enum json_kind kind = json_kind(doc, value);
    bool is_object = kind == JSON_OBJECT;
    enum status status = STATUS_OK;
    if (kind == JSON_STRING || kind == JSON_NUMBER) {
        return hash_leaf(hashing, json_unquoted(doc, value));
    }
    if (!is_object && kind != JSON_ARRAY) {
        return json_append_compact(hashing->out, doc, value);
    }
    buf_append_byte(hashing->out, is_object ? '{' : '[');
    json_value first = json_first(doc, value);
    for (json_value at = first; at != JSON_NO_VALUE && status == STATUS_OK;
         at = json_next(doc, at)) {
        if (at != first) {
            buf_append_byte(hashing->out, ',');
        }
        if (is_object) {
            json_append_compact(hashing->out, doc, at);
            buf_append_byte(hashing->out, ':');
        }
        status = hash_value(hashing, doc, is_object ? json_key_value(doc, at) : at);
    }
    buf_append_byte(hashing->out, is_object ? '}' : ']');
    return status;
}

enum { TRAITS_BYTES_MAX = 4 * 1024 * 1024 };

static enum status hash_traits(const struct policy_request *request, struct event *event,
                               struct arena *arena, struct fault *fault)
{
    struct json doc;
    struct buf out;
    buf_init(&out, TRAITS_BYTES_MAX);
    const struct trait_hashing hashing = {request, arena, &out, fault};
    enum status status =
        json_parse(&doc, json_of(event, COLUMN_USER_PROPERTIES), arena, NULL, fault);
    status = status == STATUS_OK ? hash_value(&hashing, &doc, JSON_ROOT) : status;
    status = status == STATUS_OK ? buf_status(&out) : status;
    if (status == STATUS_OK) {
        struct view copy = arena_copy(arena, buf_view(&out));
        status = copy.at ? STATUS_OK : fault_set(fault, STATUS_NO_MEMORY, "no memory for traits");
        event_set_raw(event, COLUMN_USER_PROPERTIES, copy);
    } else if (status == STATUS_NOT_FOUND) {
        event_remove(event, COLUMN_USER_PROPERTIES);
        status = STATUS_OK;
    }
    buf_free(&out);
    return status;
}

static enum status take_traits(const struct policy_request *request, struct event *event,
                               struct arena *arena, struct fault *fault)
{
    if (!event_has(event, COLUMN_USER_PROPERTIES) || request->policy->traits == POLICY_ID_KEEP) {
        return STATUS_OK;
    }
    if (request->policy->traits == POLICY_ID_HASH) {
        return hash_traits(request, event, arena, fault);
    }
    event_remove(event, COLUMN_USER_PROPERTIES);
    return STATUS_OK;
}

/* --- all of it --- */

/* A record of consent holds who, when and what, and nothing of a visit. */
static void keep_consent_alone(struct event *event)
{
    static const enum column OTHERS[] = {
        COLUMN_PROPERTIES,     COLUMN_USER_PROPERTIES, COLUMN_CONTEXT,      COLUMN_SESSION_ID,
        COLUMN_SESSION_INDEX,  COLUMN_PAGE_VIEW_ID,    COLUMN_TAB_ID,       COLUMN_URL,
        COLUMN_TITLE,          COLUMN_REFERRER,        COLUMN_SCREEN_WIDTH, COLUMN_SCREEN_HEIGHT,
        COLUMN_VIEWPORT_WIDTH, COLUMN_VIEWPORT_HEIGHT, COLUMN_DENSITY,      COLUMN_LOCALE,
        COLUMN_TIMEZONE,
    };
    for (size_t i = 0; i < sizeof(OTHERS) / sizeof(OTHERS[0]); i++) {
        event_remove(event, OTHERS[i]);
    }
}

enum status policy_apply(struct policy_request *request, struct event *event, struct arena *arena,
                         struct fault *fault)
{
    if (view_is(event_text(event, COLUMN_TYPE), "consent")) {
        keep_consent_alone(event);
    }
    enum status status = clean(request, event, arena);
    if (status != STATUS_OK) {
        return fault_set(fault, status, "no memory for an event");
    }
    status = take_traits(request, event, arena, fault);
    status = status == STATUS_OK ? take_ids(request, event, arena, fault) : status;
    return status == STATUS_OK ? take_visitor(request, event, arena, fault) : status;
}

enum status policy_apply_raw(const struct policy_request *request, struct view *raw,
                             struct arena *arena, struct fault *fault)
{
    unsigned also = also_of(request->policy);
    struct view clean = *raw;
    bool is_query = clean.len >= 2 && clean.at[0] == '"';
    enum status status = STATUS_OK;
    if (is_query) {
        struct view inside = view_part(clean, 1, clean.len - 2);
        char *quoted = arena_alloc(arena, clean.len);
        status = quoted ? repeated_strip_query(inside, also, arena, &inside) : STATUS_NO_MEMORY;
        if (status == STATUS_OK) {
            quoted[0] = quoted[inside.len + 1] = '"';
            memcpy(quoted + 1, inside.at, inside.len);
            clean = view_make(quoted, inside.len + 2);
        }
    } else {
        status = repeated_strip(clean, also, arena, &clean);
    }
    status = status == STATUS_OK ? mask(request, &clean, arena) : status;
    if (status != STATUS_OK) {
        return fault_set(fault, status, "no memory for what was not understood");
    }
    *raw = clean;
    return STATUS_OK;
}

void policy_finish(const struct privacy_policy *policy, struct event *event)
{
    static const enum column FAMILIES[] = {COLUMN_BROWSER, COLUMN_BROWSER_VERSION, COLUMN_OS,
                                           COLUMN_OS_VERSION, COLUMN_DEVICE_KIND};
    for (size_t i = 0; i < sizeof(FAMILIES) / sizeof(FAMILIES[0]) && !policy->has_families; i++) {
        event_remove(event, FAMILIES[i]);
    }
    if (!policy->has_click_ids) {
        event_remove(event, COLUMN_CLICK_ID_KIND);
    }
}
