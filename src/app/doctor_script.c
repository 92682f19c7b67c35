#include "app/doctor_page.h"

#include "base/json.h"

#include <openssl/evp.h>
#include <stdio.h>

enum { LOOKS_MAX = 12, CONFIG_BYTES_MAX = 1 << 20, DIGEST_TEXT_BYTES = 96 };

static const char BEGIN[] = "!function(pipesConfig){";
static const char END[] = "core(pipesConfig,pipesModules)}(";

static struct view file_name(struct view url)
{
    struct view path = view_part(url, 0, view_find(url, '?'));
    path = view_part(path, 0, view_find(path, '#'));
    size_t start = path.len;
    while (start > 0 && path.at[start - 1] != '/') {
        start--;
    }
    return view_part(path, start, path.len);
}

/* pipes.js, pipes.<hash>.js, pipes.js.gz: names that `pipes build` gives by itself. */
static bool has_known_name(struct view src)
{
    struct view name = file_name(src);
    return view_starts_with(name, "pipes.") && view_ends_with(name, ".js");
}

static bool holds(struct view text, const char *word)
{
    return text.len > 0 && memmem(text.at, text.len, word, strlen(word)) != NULL;
}

static bool is_stub(const struct page_element *element)
{
    return !element->has_src && holds(element->text, "window.pipes=window.pipes||{}");
}

static bool is_stub_file(const struct page_element *element)
{
    struct view name = file_name(element->src);
    return element->has_src && view_ends_with(name, "-stub.js");
}

/* The last member of the tracker's text is its configuration, as JSON. */
static const char *setting(struct doctor *doctor, const struct json *doc, const char *name)
{
    struct view text;
    json_value value = json_member(doc, JSON_ROOT, name);
    return json_text(doc, value, &doctor->arena, &text) == STATUS_OK
               ? doctor_format(doctor, "%.*s", VIEW_ARG(text))
               : "";
}

/* What stands before the tracker is for the browser. */
static struct view without_comment(struct view text)
{
    size_t line = view_starts_with(text, "//#") ? view_find(text, '\n') : 0;
    return view_part(text, line + (line > 0), text.len);
}

bool doctor_read_tracker(struct doctor *doctor, struct view bytes, struct doctor_tracker *tracker)
{
    struct json doc;
    struct fault ignored;
    size_t at = bytes.len;
    if (!view_starts_with(without_comment(bytes), BEGIN)) {
        return false;
    }
    while (at > 0 && !view_starts_with(view_part(bytes, at, sizeof(END)), END)) {
        at--;
    }
    struct view text = view_part(bytes, at + sizeof(END) - 1, CONFIG_BYTES_MAX);
    while (text.len > 0 && text.at[text.len - 1] != '}') {
        text.len--;
    }
    if (json_parse(&doc, text, &doctor->arena, NULL, &ignored) != STATUS_OK) {
        return false;
    }
    *tracker = (struct doctor_tracker){
        .bytes = bytes,
        .site = setting(doctor, &doc, "site"),
        .bundle = setting(doctor, &doc, "bundle"),
        .endpoint = setting(doctor, &doc, "endpoint"),
        .environment = setting(doctor, &doc, "environment"),
        .storage = setting(doctor, &doc, "storage"),
        .cookie_domain = setting(doctor, &doc, "domain"),
        .asks_for_cookie = strcmp(setting(doctor, &doc, "credentials"), "include") == 0,
    };
    return true;
}

/* The script of an address, in the arena; status 0 when nobody answers. */
static struct view load(struct doctor *doctor, const char *url, unsigned *status, const char **type,
                        struct fault *fault)
{
    struct fetch_answer answer = {0};
    const struct fetch_request request = {
        .url = url, .follows = true, .bytes_max = DOCTOR_TRACKER_BYTES, .headers = {"Accept: */*"}};
    struct view bytes = {0};
    *status = 0;
    *type = "";
    if (fetch_run(&doctor->fetch, &request, &answer, fault) == STATUS_OK) {
        bytes = arena_copy(&doctor->arena, buf_view(&answer.body));
        *status = answer.status;
        *type = doctor_format(doctor, "%.*s", VIEW_ARG(fetch_header(&answer, "content-type")));
    }
    fetch_answer_free(&answer);
    return bytes;
}

/* A tracker of another name: the first scripts are looked into. */
static void look_into_scripts(struct doctor *doctor, struct doctor_page *page)
{
    struct doctor_tracker tracker;
    struct fault ignored;
    const char *type;
    unsigned status;
    size_t looks = 0;
    for (size_t i = 0; i < page->script_count && looks < LOOKS_MAX && !page->loader; i++) {
        const struct page_element *script = &page->scripts[i];
        if (!script->has_src || is_stub_file(script)) {
            continue;
        }
        looks++;
        const char *url = doctor_resolve(doctor, page->url, script->src.at);
        struct view bytes = load(doctor, url, &status, &type, &ignored);
        page->loader = doctor_read_tracker(doctor, bytes, &tracker) ? script : NULL;
    }
}

static void say_missing(struct doctor *doctor, const struct doctor_page *page)
{
    if (page->has_tag_manager) {
        doctor_warn(doctor, "tag",
                    "see in the network tab of a browser whether it loads the tracker",
                    "the page's own text has no tag; Google Tag Manager may bring it, which is "
                    "not run here");
    } else {
        doctor_mistake(doctor, "tag",
                       "paste the tag into the head: `pipes build` writes tag.html, `pipes serve` "
                       "prints it",
                       "the page has no tag of Pipes");
    }
}

static void judge_order(struct doctor *doctor, const struct doctor_page *page,
                        const struct page_element *first_stub)
{
    if (!first_stub) {
        doctor_good(doctor, "tag",
                    "it is there once, without the inline stub: calls before it is loaded are "
                    "not queued");
    } else if (first_stub > page->loader) {
        doctor_mistake(doctor, "tag", "put the element with the text before the one with src",
                       "the stub stands behind the script: what is called early may be lost");
    } else {
        doctor_good(doctor, "tag", "it is there once, the stub before the script");
    }
}

void doctor_find_tag(struct doctor *doctor, struct doctor_page *page)
{
    const struct page_element *first_stub = NULL;
    size_t loaders = 0;
    size_t stubs = 0;
    for (size_t i = 0; i < page->script_count; i++) {
        const struct page_element *script = &page->scripts[i];
        if (has_known_name(script->src)) {
            loaders++;
            page->loader = page->loader ? page->loader : script;
        }
        if (is_stub(script) || is_stub_file(script)) {
            stubs++;
            first_stub = first_stub ? first_stub : script;
            page->stub = !page->stub && is_stub(script) ? script : page->stub;
        }
    }
    if (!page->loader) {
        look_into_scripts(doctor, page);
        loaders = page->loader != NULL;
    }
    if (!page->loader) {
        say_missing(doctor, page);
    } else if (loaders > 1 || stubs > 1) {
        doctor_mistake(doctor, "tag", "remove all but one: each would count every view",
                       "the tag is there more than once (%zu scripts, %zu stubs)", loaders, stubs);
    } else {
        judge_order(doctor, page, first_stub);
    }
}

/* "sha384-..." of the bytes, by the name that an integrity begins with; empty for other names. */
static bool digest(struct view integrity, struct view bytes, char text[DIGEST_TEXT_BYTES])
{
    static const char *const NAMES[] = {"sha256", "sha384", "sha512"};
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        if (view_starts_with(integrity, NAMES[i]) &&
            EVP_Digest(bytes.at, bytes.len, sum, &len, EVP_get_digestbyname(NAMES[i]), NULL) == 1) {
            size_t name = strlen(NAMES[i]);
            memcpy(text, NAMES[i], name);
            text[name] = '-';
            EVP_EncodeBlock((unsigned char *)text + name + 1, sum, (int)len);
            return true;
        }
    }
    return false;
}

static void check_integrity(struct doctor *doctor, const struct doctor_page *page)
{
    struct view wanted = view_trim(page->loader->integrity);
    char found[DIGEST_TEXT_BYTES] = "";
    if (wanted.len == 0) {
        return;
    }
    struct view rest = wanted;
    bool is_same = false;
    while (rest.len > 0 && !is_same) {
        struct view one = view_trim(view_cut(&rest, ' '));
        is_same = digest(one, page->tracker.bytes, found) && view_is(one, found);
    }
    if (is_same) {
        doctor_good(doctor, "integrity", "the bytes are those that the tag is pinned to");
    } else {
        doctor_mistake(doctor, "integrity",
                       doctor_format(doctor,
                                     "build and paste the pinned tag again, or write "
                                     "integrity=\"%s\"; and serve pipes.<hash>.js unchanged",
                                     found[0] ? found : "sha384-..."),
                       "the script has other bytes than its integrity attribute names: browsers "
                       "do not run it");
    }
}

static bool is_script_type(const char *type)
{
    struct view name = view_from_text(type);
    name = view_trim(view_cut(&name, ';'));
    return view_is_ignoring_case(name, "text/javascript") ||
           view_is_ignoring_case(name, "application/javascript") ||
           view_is_ignoring_case(name, "application/x-javascript");
}

static void describe(struct doctor *doctor, const struct doctor_page *page)
{
    const struct doctor_tracker *tracker = &page->tracker;
    doctor_good(doctor, "script", "%s: bundle %s, site %s%s%s, sends to %s", page->script_url,
                tracker->bundle, tracker->site[0] ? tracker->site : "main",
                tracker->environment[0] ? ", environment " : "", tracker->environment,
                page->endpoint);
    check_integrity(doctor, page);
}

/* Where the tracker sends: as it says itself, else beside itself; addresses within are the page's.
 */
static void find_endpoint(struct doctor *doctor, struct doctor_page *page)
{
    const char *said = page->tracker.endpoint;
    page->endpoint = said[0]
                         ? doctor_resolve(doctor, page->url, said)
                         : doctor_format(doctor, "%s/e", doctor_origin(doctor, page->script_url));
}

void doctor_check_script(struct doctor *doctor, struct doctor_page *page)
{
    struct fault fault = {0};
    const char *type;
    unsigned status;
    if (!page->loader) {
        return;
    }
    page->script_url = doctor_resolve(doctor, page->url, page->loader->src.at);
    if (page->is_https && strncmp(page->script_url, "http:", 5) == 0) {
        doctor_mistake(doctor, "script", "name it with https://",
                       "the page is on https and the script on http (%s): browsers block that",
                       page->script_url);
    }
    struct view bytes = load(doctor, page->script_url, &status, &type, &fault);
    if (status == 0) {
        doctor_mistake(doctor, "script", "see that the server of the script runs and is open", "%s",
                       fault.text);
    } else if (status != 200) {
        doctor_mistake(doctor, "script",
                       "see that the tag names the file as it was deployed, and that it was",
                       "%s answers %u", page->script_url, status);
    } else if (!doctor_read_tracker(doctor, bytes, &page->tracker)) {
        doctor_mistake(doctor, "script", "serve the file that `pipes build` wrote, unchanged",
                       "%s is no tracker of Pipes but %zu bytes of %s", page->script_url, bytes.len,
                       type[0] ? type : "something");
    } else if (!is_script_type(type)) {
        doctor_mistake(doctor, "script", "let its server say Content-Type: text/javascript",
                       "%s is sent as %s: browsers that are told nosniff do not run it",
                       page->script_url, type[0] ? type : "nothing");
        find_endpoint(doctor, page);
    } else {
        find_endpoint(doctor, page);
        describe(doctor, page);
    }
}
