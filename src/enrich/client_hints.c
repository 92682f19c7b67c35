#include "enrich/client_hints.h"

struct brand {
    struct view name;
    struct view version;
};

/* The inside of the quoted text that rest begins with; an escaped byte ends what is understood. */
static bool cut_quoted(struct view *rest, struct view *inside)
{
    if (rest->len < 2 || rest->at[0] != '"') {
        return false;
    }
    struct view text = view_part(*rest, 1, rest->len);
    size_t len = view_find(text, '"');
    if (len == text.len || view_find(view_part(text, 0, len), '\\') < len) {
        return false;
    }
    *inside = view_part(text, 0, len);
    *rest = view_part(text, len + 1, text.len);
    return true;
}

/* "Name";v="12", ...; false at the end, and at what is no such list. */
static bool next_brand(struct view *rest, struct brand *brand)
{
    *brand = (struct brand){0};
    *rest = view_trim(*rest);
    if (!cut_quoted(rest, &brand->name)) {
        return false;
    }
    *rest = view_trim(*rest);
    if (view_starts_with(*rest, ";")) {
        *rest = view_trim(view_part(*rest, 1, rest->len));
        if (!view_starts_with(*rest, "v=")) {
            return false;
        }
        *rest = view_part(*rest, 2, rest->len);
        if (!cut_quoted(rest, &brand->version)) {
            return false;
        }
        *rest = view_trim(*rest);
    }
    bool has_more = view_starts_with(*rest, ",");
    *rest = has_more ? view_part(*rest, 1, rest->len) : view_make(NULL, 0);
    return true;
}

static bool holds(struct view text, const char *part)
{
    return memmem(text.at ? text.at : "", text.len, part, strlen(part)) != NULL;
}

/* A name that is nobody's, put in so that nobody relies on the list ("Not-A.Brand", " Not;A Brand",
 * "(Not(A:Brand"). */
static bool is_grease(struct view name)
{
    return holds(name, "Not") && holds(name, "Brand");
}

/* How uap-core calls them; all others by their own name. */
static const struct {
    const char *brand;
    const char *family;
} FAMILIES[] = {
    {"Google Chrome", "Chrome"},
    {"Microsoft Edge", "Edge"},
    {"Microsoft Edge WebView2", "Edge"},
    {"HeadlessChrome", "HeadlessChrome"},
    {"Android WebView", "Chrome Mobile WebView"},
    {"YaBrowser", "Yandex Browser"},
    {"Yandex", "Yandex Browser"},
    {"DuckDuckGo", "DuckDuckGo"},
    {"OperaMobile", "Opera Mobile"},
    {"Opera GX", "Opera"},
};

static struct view family_of(struct view brand)
{
    for (size_t i = 0; i < sizeof(FAMILIES) / sizeof(FAMILIES[0]); i++) {
        if (view_is(brand, FAMILIES[i].brand)) {
            return view_from_text(FAMILIES[i].family);
        }
    }
    return brand;
}

/* The one that tells most: Chromium is what many are made of. */
static bool best_brand(struct view list, struct brand *best)
{
    bool is_found = false;
    struct brand brand;
    while (next_brand(&list, &brand)) {
        bool is_chromium = view_is(brand.name, "Chromium");
        if (brand.name.len > 0 && !is_grease(brand.name) && !(is_found && is_chromium)) {
            *best = brand;
            is_found = true;
        }
    }
    return is_found;
}

static void set(struct agent_value *value, struct view text)
{
    struct view fits = view_part(text, 0, sizeof(value->text));
    if (fits.len > 0) {
        memcpy(value->text, fits.at, fits.len);
    }
    value->len = fits.len;
}

static struct view text_of(const struct agent_value *value)
{
    return view_make(value->text, value->len);
}

static struct view major_of(struct view version)
{
    return view_cut(&version, '.');
}

/* Chrome's own agent, by what may stand behind the name: of such a browser the brand is the better
 * name. Others say themselves who they are ("Facebook"), and are believed. */
static bool is_frozen(struct view family)
{
    return family.len == 0 || view_starts_with(family, "Chrome") || view_is(family, "Chromium") ||
           view_is(family, "HeadlessChrome");
}

static void apply_browser(const struct visitor_hints *hints, struct agent_saying *saying)
{
    struct brand brand;
    if (!best_brand(hints->versions, &brand) && !best_brand(hints->brands, &brand)) {
        return;
    }
    struct view family = family_of(brand.name);
    struct view told = text_of(&saying->browser);
    bool is_same = told.len >= family.len && memcmp(told.at, family.at, family.len) == 0;
    if (!is_same && (!is_frozen(told) || view_is(brand.name, "Chromium"))) {
        return;
    }
    if (!is_same) {
        set(&saying->browser, family);
    }
    if (brand.version.len > 0) {
        set(&saying->browser_version, major_of(brand.version));
    }
}

/* Of a structured string, as platform and its version are. */
static struct view unquoted(struct view value)
{
    struct view inside = {0};
    struct view rest = view_trim(value);
    return cut_quoted(&rest, &inside) ? inside : view_make(NULL, 0);
}

/* Microsoft's own table of what its numbers mean: 1 to 10 are of Windows 10, from 13 on it is 11.
 */
static struct view windows_version(struct view version)
{
    uint64_t major;
    if (!view_to_uint64(major_of(version), &major)) {
        return view_make(NULL, 0);
    }
    return major >= 13 ? VIEW_LITERAL("11") : major >= 1 ? VIEW_LITERAL("10") : view_make(NULL, 0);
}

static void apply_os(const struct visitor_hints *hints, struct agent_saying *saying)
{
    struct view platform = unquoted(hints->platform);
    struct view version = unquoted(hints->platform_version);
    struct view os = view_is(platform, "macOS")         ? VIEW_LITERAL("Mac OS X")
                     : view_is(platform, "Chromium OS") ? VIEW_LITERAL("Chrome OS")
                                                        : platform;
    struct view told = text_of(&saying->os);
    /* Linux is what the agent of a distribution may say better. */
    if (os.len == 0 || view_is(platform, "Unknown") ||
        (view_is(os, "Linux") && told.len > 0 && !view_is(told, "Windows"))) {
        return;
    }
    if (!view_equal(os, told)) {
        set(&saying->os, os);
        set(&saying->os_version, view_make(NULL, 0));
    }
    struct view major = view_is(os, "Windows") ? windows_version(version) : major_of(version);
    if (major.len > 0) {
        set(&saying->os_version, major);
    }
}

void client_hints_apply(const struct visitor_hints *hints, struct agent_saying *saying)
{
    if (hints->brands.len > 0 || hints->versions.len > 0) {
        apply_browser(hints, saying);
    }
    if (hints->platform.len > 0) {
        apply_os(hints, saying);
    }
}

enum hinted_form client_hints_form(const struct visitor_hints *hints)
{
    struct view form = unquoted(hints->form_factors);
    if (view_is(form, "Desktop")) {
        return HINTED_DESKTOP;
    }
    if (view_is(form, "Tablet")) {
        return HINTED_TABLET;
    }
    return view_is(form, "Mobile") || view_is(view_trim(hints->mobile), "?1") ? HINTED_MOBILE
                                                                              : HINTED_NONE;
}

bool client_hints_are_headless(const struct visitor_hints *hints)
{
    return holds(hints->brands, "\"HeadlessChrome\"");
}
