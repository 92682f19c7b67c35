#include "enrich/agent_bots.h"

#include "enrich/client_hints.h"

/* Browsers without a window, and those that programs drive; inside of an agent. */
static const char *const HEADLESS[] = {
    "HeadlessChrome", "Headless",   "PhantomJS", "SlimerJS", "Puppeteer",
    "Playwright",     "Selenium",   "Cypress/",  "jsdom/",   "HtmlUnit",
    "Splash ",        "Nightmare/", "CasperJS",  "ZombieJS", "WebdriverIO",
};
/* Libraries and commands: what an agent begins with. */
static const char *const LIBRARIES[] = {
    "curl/",
    "Wget",
    "wget",
    "python-requests",
    "Python-urllib",
    "python-httpx",
    "Python/",
    "aiohttp",
    "Go-http-client",
    "Go http package",
    "Java/",
    "Apache-HttpClient",
    "okhttp",
    "axios",
    "node-fetch",
    "node",
    "undici",
    "got ",
    "superagent",
    "Deno/",
    "Bun/",
    "libwww-perl",
    "LWP",
    "Ruby",
    "Faraday",
    "HTTPie",
    "PostmanRuntime",
    "insomnia",
    "Insomnia",
    "PHP",
    "GuzzleHttp",
    "Symfony",
    "RestSharp",
    "reqwest",
    "hyper/",
    "ureq",
    "Dart/",
    "Scrapy",
    "WinHTTP",
    "Jakarta Commons",
    "http.rb",
    "rest-client",
    "Typhoeus",
    "colly",
    "fasthttp",
    "libcurl",
    "HTTP_Request2",
    "Mechanize",
    "ApacheBench",
    "hey/",
    "wrk",
    "k6/",
    "Apache-CXF",
    "Java-http-client",
    "akka-http",
    "PowerShell",
};

static bool begins_with_any(struct view agent, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (view_starts_with(agent, words[i])) {
            return true;
        }
    }
    return false;
}

static bool holds_any(struct view agent, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (memmem(agent.at, agent.len, words[i], strlen(words[i]))) {
            return true;
        }
    }
    return false;
}

/* What calls itself a browser, without the bracket in which each of them names its system. */
static bool is_malformed(struct view agent)
{
    return view_starts_with(agent, "Mozilla/") && view_find(agent, '(') == agent.len;
}

uint32_t agent_bots(const struct visitor *visitor, const struct agent_saying *saying)
{
    uint32_t reasons = 0;
    struct view agent = visitor->agent;
    if (agent.len == 0) {
        return 1u << BOT_NO_AGENT;
    }
    bool is_spider = view_is(view_make(saying->device.text, saying->device.len), "Spider");
    if (saying->is_crawler || is_spider) {
        reasons |= 1u << BOT_CRAWLER;
    }
    if (holds_any(agent, HEADLESS, sizeof(HEADLESS) / sizeof(HEADLESS[0])) ||
        client_hints_are_headless(&visitor->hints)) {
        reasons |= 1u << BOT_HEADLESS;
    }
    if (begins_with_any(agent, LIBRARIES, sizeof(LIBRARIES) / sizeof(LIBRARIES[0]))) {
        reasons |= 1u << BOT_LIBRARY;
    }
    return is_malformed(agent) ? reasons | 1u << BOT_MALFORMED : reasons;
}
