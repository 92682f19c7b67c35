#include "site/page_scan.h"

enum { REFERENCE_BYTES_MAX = 8 };

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r' || byte == '\f';
}

static bool is_letter(char byte)
{
    return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
}

static struct view behind(struct view text, size_t at)
{
    return view_part(text, at, text.len);
}

static size_t skip_spaces(struct view text, size_t at)
{
    while (at < text.len && (is_space(text.at[at]) || text.at[at] == '/')) {
        at++;
    }
    return at;
}

/* Where `end` begins, or the text's end. */
static size_t find(struct view text, const char *end)
{
    const char *found = text.len > 0 ? memmem(text.at, text.len, end, strlen(end)) : NULL;
    return found ? (size_t)(found - text.at) : text.len;
}

/* One attribute; *at moves behind it. False at the tag's end. */
static bool next_attribute(struct view text, size_t *at, struct view *name, struct view *value)
{
    size_t start = skip_spaces(text, *at);
    size_t i = start;
    *value = view_make(NULL, 0);
    /* A '=' that begins a name belongs to it. */
    while (i < text.len && !is_space(text.at[i]) && text.at[i] != '/' && text.at[i] != '>' &&
           (text.at[i] != '=' || i == start)) {
        i++;
    }
    *name = view_part(text, start, i - start);
    *at = i;
    if (name->len == 0) {
        return false;
    }
    while (i < text.len && is_space(text.at[i])) {
        i++;
    }
    if (i >= text.len || text.at[i] != '=') {
        return true;
    }
    i++;
    while (i < text.len && is_space(text.at[i])) {
        i++;
    }
    char quote = i < text.len && (text.at[i] == '"' || text.at[i] == '\'') ? text.at[i] : 0;
    size_t first = quote ? i + 1 : i;
    for (i = first; i < text.len; i++) {
        if (quote ? text.at[i] == quote : is_space(text.at[i]) || text.at[i] == '>') {
            break;
        }
    }
    *value = view_part(text, first, i - first);
    *at = quote && i < text.len ? i + 1 : i;
    return true;
}

/* Of two attributes of one name the first one counts. */
static void take(struct page_element *element, struct view name, struct view value)
{
    static const char *const NAMES[] = {"src",  "integrity",  "nonce",
                                        "type", "http-equiv", "content"};
    struct view *const fields[] = {&element->src,  &element->integrity,  &element->nonce,
                                   &element->type, &element->http_equiv, &element->content};
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        if (view_is_ignoring_case(name, NAMES[i]) && !fields[i]->at) {
            *fields[i] = value;
        }
    }
    element->has_src = element->has_src || view_is_ignoring_case(name, "src");
}

/* Behind the name of a start tag: its attributes, and the rest of the page behind '>'. */
static struct view take_attributes(struct view text, struct page_element *element)
{
    size_t at = 0;
    struct view name;
    struct view value;
    while (next_attribute(text, &at, &name, &value)) {
        take(element, name, value);
    }
    return behind(text, at < text.len ? at + 1 : at);
}

/* Where "</NAME" stands, followed by what ends a name; or the text's end. */
static size_t find_end_tag(struct view text, struct view name)
{
    for (size_t i = 0; i + 2 + name.len < text.len; i++) {
        struct view word = view_part(text, i + 2, name.len);
        char next = text.at[i + 2 + name.len];
        if (text.at[i] == '<' && text.at[i + 1] == '/' && word.len == name.len &&
            view_is_text_ignoring_case(word, name.at) &&
            (is_space(next) || next == '/' || next == '>')) {
            return i;
        }
    }
    return text.len;
}

/* Elements whose text is no markup. Within noscript there is no script that runs. */
static bool is_raw(struct view name)
{
    static const char *const NAMES[] = {"script",   "style",   "title",    "textarea", "xmp",
                                        "noscript", "noembed", "noframes", "iframe",   "template"};
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        if (view_is_ignoring_case(name, NAMES[i])) {
            return true;
        }
    }
    return false;
}

/* `rest` begins behind '<'. True when it is one of those that are asked for. */
static bool take_tag(struct page_scan *scan, struct view rest, struct page_element *element)
{
    size_t len = 0;
    while (len < rest.len && !is_space(rest.at[len]) && rest.at[len] != '/' &&
           rest.at[len] != '>') {
        len++;
    }
    struct view name = view_part(rest, 0, len);
    *element = (struct page_element){0};
    scan->rest = take_attributes(behind(rest, len), element);
    if (is_raw(name)) {
        size_t end = find_end_tag(scan->rest, name);
        element->text = view_part(scan->rest, 0, end);
        scan->rest = behind(scan->rest, end);
    }
    element->kind = view_is_ignoring_case(name, "meta") ? PAGE_META : PAGE_SCRIPT;
    return element->kind == PAGE_META || view_is_ignoring_case(name, "script");
}

struct page_scan page_scan_begin(struct view page)
{
    return (struct page_scan){page};
}

bool page_scan_next(struct page_scan *scan, struct page_element *element)
{
    while (scan->rest.len > 0) {
        struct view rest = behind(scan->rest, view_find(scan->rest, '<') + 1);
        scan->rest = rest;
        if (view_starts_with(rest, "!--")) {
            /* "<!-->" is a comment, too. */
            rest = behind(rest, 1);
            scan->rest = behind(rest, find(rest, "-->") + 3);
        } else if (rest.len > 0 && is_letter(rest.at[0])) {
            if (take_tag(scan, rest, element)) {
                return true;
            }
        } else if (rest.len > 0 && strchr("!?/", rest.at[0]) && rest.at[0]) {
            scan->rest = behind(rest, view_find(rest, '>') + 1);
        }
    }
    return false;
}

/* Of "#39" or "#x27"; 0 when it is none of ASCII. */
static char numbered(struct view name)
{
    unsigned value = 0;
    bool is_hex = name.len > 2 && (name.at[1] | 0x20) == 'x';
    for (size_t i = is_hex ? 2 : 1; i < name.len; i++) {
        char byte = name.at[i];
        bool is_digit = byte >= '0' && byte <= '9';
        char low = (char)(byte | 0x20);
        if (!is_digit && !(is_hex && low >= 'a' && low <= 'f')) {
            return 0;
        }
        value = value * (is_hex ? 16 : 10) + (unsigned)(is_digit ? byte - '0' : low - 'a' + 10);
    }
    return name.len > 1 && value > 0 && value < 128 ? (char)value : 0;
}

static char referred(struct view name)
{
    static const struct {
        const char *name;
        char byte;
    } NAMES[] = {{"amp", '&'}, {"quot", '"'}, {"apos", '\''}, {"lt", '<'}, {"gt", '>'}};
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        if (view_is(name, NAMES[i].name)) {
            return NAMES[i].byte;
        }
    }
    return view_starts_with(name, "#") ? numbered(name) : 0;
}

enum status page_scan_decode(struct buf *out, struct view value)
{
    for (size_t i = 0; i < value.len; i++) {
        struct view name = view_part(value, i + 1, REFERENCE_BYTES_MAX);
        size_t end = view_find(name, ';');
        bool is_ended = value.at[i] == '&' && end < name.len;
        char byte = is_ended ? referred(view_part(name, 0, end)) : 0;
        buf_append_byte(out, byte ? byte : value.at[i]);
        i += byte ? end + 1 : 0;
    }
    return buf_status(out);
}
