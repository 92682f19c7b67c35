#include "enrich/geo.h"

#include <arpa/inet.h>
#include <maxminddb.h>
#include <stdlib.h>

struct geo {
    MMDB_s file;
};

enum status geo_open(struct geo **geo, const char *path, struct fault *fault)
{
    struct geo *made = calloc(1, sizeof(*made));
    *geo = NULL;
    if (!made) {
        return fault_set(fault, STATUS_NO_MEMORY, "no memory for %s", path);
    }
    int error = MMDB_open(path, MMDB_MODE_MMAP, &made->file);
    if (error != MMDB_SUCCESS) {
        free(made);
        return fault_set(fault, error == MMDB_FILE_OPEN_ERROR ? STATUS_NOT_FOUND : STATUS_DAMAGED,
                         "%s is no file of countries in the format mmdb: %s", path,
                         MMDB_strerror(error));
    }
    *geo = made;
    return STATUS_OK;
}

void geo_close(struct geo *geo)
{
    if (geo) {
        MMDB_close(&geo->file);
        free(geo);
    }
}

/* Empty when there is no text at that path of the record. */
static struct view text_at(MMDB_lookup_result_s *found, const char *const *path)
{
    MMDB_entry_data_s data;
    bool is_text = MMDB_aget_value(&found->entry, &data, path) == MMDB_SUCCESS && data.has_data &&
                   data.type == MMDB_DATA_TYPE_UTF8_STRING;
    return is_text ? view_make(data.utf8_string, data.data_size) : view_make(NULL, 0);
}

static uint32_t number_at(MMDB_lookup_result_s *found, const char *const *path)
{
    MMDB_entry_data_s data;
    bool is_there = MMDB_aget_value(&found->entry, &data, path) == MMDB_SUCCESS && data.has_data;
    return is_there && data.type == MMDB_DATA_TYPE_UINT32   ? data.uint32
           : is_there && data.type == MMDB_DATA_TYPE_UINT16 ? data.uint16
                                                            : 0;
}

static bool are_capitals(struct view text)
{
    for (size_t i = 0; i < text.len; i++) {
        bool is_one =
            (text.at[i] >= 'A' && text.at[i] <= 'Z') || (text.at[i] >= '0' && text.at[i] <= '9');
        if (!is_one) {
            return false;
        }
    }
    return text.len > 0;
}

static void set_country(struct geo_place *place, MMDB_lookup_result_s *found)
{
    static const char *const FLAT[] = {"country_code", NULL};
    static const char *const NESTED[] = {"country", "iso_code", NULL};
    struct view code = text_at(found, FLAT);
    code = code.len > 0 ? code : text_at(found, NESTED);
    /* ZZ: some files' word for nowhere. */
    if (code.len == GEO_COUNTRY_BYTES && are_capitals(code) && !view_is(code, "ZZ")) {
        memcpy(place->country, code.at, code.len);
        place->country_len = (uint8_t)code.len;
    }
}

static void set_region(struct geo_place *place, MMDB_lookup_result_s *found)
{
    static const char *const PATH[] = {"subdivisions", "0", "iso_code", NULL};
    struct view code = text_at(found, PATH);
    if (place->country_len == 0 || code.len > 3 || !are_capitals(code)) {
        return;
    }
    memcpy(place->region, place->country, GEO_COUNTRY_BYTES);
    place->region[GEO_COUNTRY_BYTES] = '-';
    memcpy(place->region + GEO_COUNTRY_BYTES + 1, code.at, code.len);
    place->region_len = (uint8_t)(GEO_COUNTRY_BYTES + 1 + code.len);
}

static void set_network(struct geo_place *place, MMDB_lookup_result_s *found)
{
    static const char *const THEIRS[] = {"autonomous_system_number", NULL};
    static const char *const SHORT[] = {"asn", NULL};
    place->network = number_at(found, THEIRS);
    place->network = place->network > 0 ? place->network : number_at(found, SHORT);
}

static MMDB_lookup_result_s look_up(const struct geo *geo, const struct ip_address *address,
                                    int *error)
{
    if (ip_address_is_v4(address)) {
        struct sockaddr_in v4 = {.sin_family = AF_INET};
        memcpy(&v4.sin_addr, address->bytes + 12, sizeof(v4.sin_addr));
        return MMDB_lookup_sockaddr(&geo->file, (const struct sockaddr *)&v4, error);
    }
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    memcpy(&v6.sin6_addr, address->bytes, sizeof(v6.sin6_addr));
    return MMDB_lookup_sockaddr(&geo->file, (const struct sockaddr *)&v6, error);
}

/* A file of IPv4 alone counts of 32. */
static uint8_t bits_of(const struct geo *geo, const struct ip_address *address,
                       const MMDB_lookup_result_s *found)
{
    bool is_short = ip_address_is_v4(address) && geo->file.metadata.ip_version == 4;
    return (uint8_t)(found->netmask + (is_short ? IP_ADDRESS_BITS - 32 : 0));
}

void geo_find(const struct geo *geo, const struct ip_address *address, struct geo_place *place)
{
    int error = MMDB_SUCCESS;
    *place = (struct geo_place){0};
    MMDB_lookup_result_s found = look_up(geo, address, &error);
    if (error == MMDB_SUCCESS && found.found_entry) {
        set_country(place, &found);
        set_region(place, &found);
        set_network(place, &found);
        place->bits = bits_of(geo, address, &found);
    }
}
