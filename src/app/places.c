#include "app/places.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool places_find(char path[PLACES_PATH_BYTES])
{
    static const char *const NAMES[] = {"country.mmdb", "../share/pipes/country.mmdb"};
    char program[PLACES_PATH_BYTES];
    ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);
    program[len > 0 ? len : 0] = 0;
    const char *name = strrchr(program, '/');
    for (size_t i = 0; name && i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        int needed =
            snprintf(path, PLACES_PATH_BYTES, "%.*s/%s", (int)(name - program), program, NAMES[i]);
        if (needed < PLACES_PATH_BYTES && access(path, R_OK) == 0) {
            return true;
        }
    }
    return false;
}

static enum status open_one(struct geo **geo, const char *option, const char *path,
                            struct fault *fault)
{
    struct fault why = {0};
    enum status status = geo_open(geo, path, &why);
    return status == STATUS_OK ? status : fault_set(fault, status, "%s: %s", option, why.text);
}

static enum status open_hosting(struct hosting_list **list, const char *path, struct fault *fault)
{
    struct fault why = {0};
    enum status status = hosting_list_open(list, path, &why);
    return status == STATUS_OK ? status
                               : fault_set(fault, status, "hosting-networks: %s", why.text);
}

/* A configuration that a test made may have no texts. */
static bool is_file(const char *option)
{
    return option && option[0] && strcmp(option, "none") != 0;
}

enum status places_open(struct places *places, const struct config *config, struct fault *fault)
{
    char beside[PLACES_PATH_BYTES];
    const char *path = config->geo;
    enum status status = STATUS_OK;
    *places = (struct places){0};
    if (path && strcmp(path, "auto") == 0) {
        path = places_find(beside) ? beside : NULL;
    }
    if (is_file(path)) {
        status = open_one(&places->countries, "geo", path, fault);
    }
    if (status == STATUS_OK && is_file(config->geo_networks)) {
        status = open_one(&places->networks, "geo-networks", config->geo_networks, fault);
    }
    if (status == STATUS_OK && is_file(config->hosting_networks)) {
        status = open_hosting(&places->hosting, config->hosting_networks, fault);
    }
    if (status != STATUS_OK) {
        places_close(places);
    }
    return status;
}

void places_close(struct places *places)
{
    geo_close(places->countries);
    geo_close(places->networks);
    hosting_list_close(places->hosting);
    *places = (struct places){0};
}
