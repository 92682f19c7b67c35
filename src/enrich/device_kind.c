#include "enrich/device_kind.h"

#define DESKTOP VIEW_LITERAL("desktop")
#define MOBILE VIEW_LITERAL("mobile")
#define TABLET VIEW_LITERAL("tablet")
#define TV VIEW_LITERAL("tv")
#define OTHER VIEW_LITERAL("other")

/* Parts of agents, as they are written. */
static const char *const TVS[] = {
    "SmartTV",
    "SMART-TV",
    "Smart-TV",
    "Smart TV",
    "SmartHub",
    "HbbTV",
    "GoogleTV",
    "Google TV",
    "Android TV",
    "AndroidTV",
    "AppleTV",
    "Apple TV",
    "tvOS",
    "Roku/",
    "BRAVIA",
    "CrKey",
    "Web0S",
    "NetCast",
    "NETTV",
    "VIDAA",
    "PlayStation",
    "PLAYSTATION",
    "Xbox",
    "Nintendo",
    "; AFT",
    "ADT-",
    "MiTV",
    "MIBOX",
    "SHIELD Android TV",
    "Tizen TV",
    "InettvBrowser",
    "DTV",
};
static const char *const TABLETS[] = {"iPad",  "Tablet", "tablet",  "Kindle",  "PlayBook",
                                      "Silk/", "Xoom",   "Nexus 7", "Nexus 9", "Nexus 10"};
static const char *const DESKTOPS[] = {
    "Windows",    "Mac OS X", "Mac OS",    "Linux",       "Ubuntu",     "Debian",   "Fedora",
    "Chrome OS",  "FreeBSD",  "OpenBSD",   "NetBSD",      "Solaris",    "openSUSE", "SUSE",
    "Linux Mint", "CentOS",   "Red Hat",   "Gentoo",      "Arch Linux", "Kubuntu",  "Slackware",
    "Mandriva",   "Puppy",    "PCLinuxOS", "VectorLinux", "BeOS",       "Haiku",    "DragonFly",
    "AIX",        "SkyOS",    "RISC OS"};
static const char *const MOBILES[] = {"iOS",
                                      "Windows Phone",
                                      "Windows Mobile",
                                      "BlackBerry OS",
                                      "Symbian OS",
                                      "Symbian^3",
                                      "Symbian^3 Anna",
                                      "Symbian^3 Belle",
                                      "Firefox OS",
                                      "KaiOS",
                                      "Bada",
                                      "webOS",
                                      "MeeGo",
                                      "Maemo",
                                      "Nokia Series 40",
                                      "Nokia Series 30 Plus",
                                      "Brew MP",
                                      "GREE",
                                      "HarmonyOS",
                                      "Windows CE"};

static bool holds_any(struct view text, const char *const *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (memmem(text.at ? text.at : "", text.len, parts[i], strlen(parts[i]))) {
            return true;
        }
    }
    return false;
}

static bool is_any(struct view text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (view_is(text, words[i])) {
            return true;
        }
    }
    return false;
}

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static bool says_mobile(struct view agent)
{
    static const char *const WORDS[] = {"Mobile", "mobile"};
    return holds_any(agent, WORDS, COUNT(WORDS));
}

/* On Android a tablet is what does not call itself mobile. */
static struct view kind_by_system(struct view os, struct view agent)
{
    if (view_is(os, "Android")) {
        return says_mobile(agent) ? MOBILE : TABLET;
    }
    if (is_any(os, MOBILES, COUNT(MOBILES))) {
        return MOBILE;
    }
    if (is_any(os, DESKTOPS, COUNT(DESKTOPS))) {
        return says_mobile(agent) && !view_starts_with(os, "Windows") ? MOBILE : DESKTOP;
    }
    return OTHER;
}

struct view device_kind_of(const struct agent_saying *saying, struct view agent,
                           enum hinted_form form)
{
    struct view device = view_make(saying->device.text, saying->device.len);
    struct view os = view_make(saying->os.text, saying->os.len);
    if (view_is(device, "Spider") || view_is(os, "WatchOS")) {
        return OTHER;
    }
    if (form == HINTED_DESKTOP) {
        return DESKTOP;
    }
    if (form == HINTED_TABLET) {
        return TABLET;
    }
    if (holds_any(agent, TVS, COUNT(TVS)) || view_is(os, "tvOS") || view_is(os, "ATV OS X")) {
        return TV;
    }
    bool is_windows = view_is(os, "Windows"); /* which says Tablet where there is a pen */
    if (!is_windows && holds_any(agent, TABLETS, COUNT(TABLETS))) {
        return TABLET;
    }
    if (form == HINTED_MOBILE) {
        return MOBILE;
    }
    struct view kind = kind_by_system(os, agent);
    bool is_phone = view_starts_with(device, "Generic ") || view_starts_with(device, "iPhone");
    return view_is(kind, "other") && is_phone ? MOBILE : kind;
}
