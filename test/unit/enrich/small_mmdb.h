/*
 * small_mmdb.h - writes the smallest file in MaxMind's format: one IPv4 network with one record.
 *
 *     small_mmdb_write(path, (uint8_t[]){1, 2, 3}, 24, record);    record: see small_mmdb_map()
 *
 * After the MaxMind DB File Format Specification 2.0.
 */
#ifndef PIPES_TEST_SMALL_MMDB_H
#define PIPES_TEST_SMALL_MMDB_H

#include "base/buf.h"

#include <stdio.h>

enum { SMALL_MMDB_MAP = 7, SMALL_MMDB_STRING = 2, SMALL_MMDB_UINT16 = 5, SMALL_MMDB_UINT32 = 6 };

static void small_mmdb_head(struct buf *out, unsigned type, size_t size)
{
    if (type > 7) {
        buf_append_byte(out, (char)size);
        buf_append_byte(out, (char)(type - 7));
    } else {
        buf_append_byte(out, (char)(type << 5 | (unsigned)size));
    }
}

static void small_mmdb_map(struct buf *out, size_t members)
{
    small_mmdb_head(out, SMALL_MMDB_MAP, members);
}

static void small_mmdb_array(struct buf *out, size_t elements)
{
    small_mmdb_head(out, 11, elements);
}

static void small_mmdb_text(struct buf *out, const char *text)
{
    small_mmdb_head(out, SMALL_MMDB_STRING, strlen(text));
    buf_append_text(out, text);
}

static void small_mmdb_number(struct buf *out, unsigned type, uint32_t number)
{
    size_t bytes = type == SMALL_MMDB_UINT16 ? 2 : 4;
    small_mmdb_head(out, type, bytes);
    for (size_t i = bytes; i > 0; i--) {
        buf_append_byte(out, (char)(number >> 8 * (i - 1)));
    }
}

static void small_mmdb_meta(struct buf *out, unsigned nodes)
{
    buf_append_view(out, VIEW_LITERAL("\xab\xcd\xefMaxMind.com"));
    small_mmdb_map(out, 9);
    small_mmdb_text(out, "build_epoch");
    small_mmdb_head(out, 9, 8);
    for (int i = 0; i < 8; i++) {
        buf_append_byte(out, i == 7);
    }
    small_mmdb_text(out, "node_count");
    small_mmdb_number(out, SMALL_MMDB_UINT32, nodes);
    small_mmdb_text(out, "record_size");
    small_mmdb_number(out, SMALL_MMDB_UINT16, 24);
    small_mmdb_text(out, "ip_version");
    small_mmdb_number(out, SMALL_MMDB_UINT16, 4);
    small_mmdb_text(out, "database_type");
    small_mmdb_text(out, "Small");
    small_mmdb_text(out, "languages");
    small_mmdb_array(out, 0);
    small_mmdb_text(out, "binary_format_major_version");
    small_mmdb_number(out, SMALL_MMDB_UINT16, 2);
    small_mmdb_text(out, "binary_format_minor_version");
    small_mmdb_number(out, SMALL_MMDB_UINT16, 0);
    small_mmdb_text(out, "description");
    small_mmdb_map(out, 0);
}

static void small_mmdb_link(struct buf *out, uint32_t to)
{
    buf_append_byte(out, (char)(to >> 16));
    buf_append_byte(out, (char)(to >> 8));
    buf_append_byte(out, (char)to);
}

/* The network's bits are a chain of nodes; all others lead to nothing. */
static void small_mmdb_fill(struct buf *out, const uint8_t *network, unsigned bits,
                            struct view record)
{
    for (unsigned i = 0; i < bits; i++) {
        uint32_t next = i + 1 < bits ? i + 1 : bits + 16;
        bool is_one = network[i / 8] >> (7 - i % 8) & 1;
        small_mmdb_link(out, is_one ? bits : next);
        small_mmdb_link(out, is_one ? next : bits);
    }
    for (int i = 0; i < 16; i++) {
        buf_append_byte(out, 0);
    }
    buf_append_view(out, record);
    small_mmdb_meta(out, bits);
}

static bool small_mmdb_save(const char *path, struct view bytes)
{
    FILE *file = fopen(path, "w");
    bool is_written = file && fwrite(bytes.at, 1, bytes.len, file) == bytes.len;
    return file && fclose(file) == 0 && is_written;
}

#endif
