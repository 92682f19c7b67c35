/*
 * ledger_book.h - the ledger of a data folder: what became of every request and event, counted by
 * each stage itself.
 *
 *     data/ledger/2026-11-24T07      an hour (ledger_hour.h)
 *     data/ledger/OPEN               there while a collector counts; left behind when it is killed
 *     data/ledger/SINCE              when the ledger was begun, if the lake held something by then
 *
 * Who changes what the lake holds says so in a *posting*: lines of ledger_hour.h below a first one,
 * "post <source> <number>". A posting takes effect once, however often it is applied: each hour
 * remembers the number of the last one of each source. So a stage writes the posting into the file
 * by which its own change is committed (the lake: CURSOR; a compaction: lake/_commit), applies it
 * after the change, and applies it again when it finds that file at the next start. Cut off
 * anywhere, each change is counted once.
 *
 *     ledger_post_begin(&text, LEDGER_BY_COMPACTION, ledger_book_next(book, ..., hour));
 *     ledger_line_counts(&text, &tally);      LEDGER_COMPACTED, LEDGER_MERGED by site
 *     ... the commit, with the text in its file ...
 *     ledger_book_apply(book, buf_view(&text), &fault);
 *
 * Of the holder of data/LOCK; from any of its threads.
 */
#ifndef PIPES_LAKE_LEDGER_BOOK_H
#define PIPES_LAKE_LEDGER_BOOK_H

#include "lake/ledger_hour.h"

struct ledger_book;

enum { LEDGER_POST_BYTES_MAX = 16 * 1024 * 1024 };

/* Makes data/ledger when it is not there. data_fd is borrowed. */
enum status ledger_book_open(struct ledger_book **book, int data_fd, int64_t now_ms,
                             struct fault *fault) MUST_CHECK;
/* Accepts NULL. */
void ledger_book_close(struct ledger_book *book);

/* A collector begins to count, or has counted everything. After one that was killed, begin() notes
 * in the hour of its last sign of life that what it refused since then is not known. */
enum status ledger_book_begin(struct ledger_book *book, int64_t now_ms, struct fault *fault)
    MUST_CHECK;
enum status ledger_book_end(struct ledger_book *book, struct fault *fault) MUST_CHECK;

/* A number above those of all postings of that source in this hour. */
enum status ledger_book_next(struct ledger_book *book, enum ledger_source source, int64_t hour,
                             uint64_t *number, struct fault *fault) MUST_CHECK;
/* ledger_hour_mark() */
enum status ledger_book_mark(struct ledger_book *book, int64_t hour, uint64_t stream, uint64_t *seq,
                             struct fault *fault) MUST_CHECK;

void ledger_post_begin(struct buf *out, enum ledger_source source, uint64_t number);
/* Reads the first line, and cuts it off; false when it is none. */
bool ledger_post_read(struct view *post, enum ledger_source *source, uint64_t *number);

/* Durable when it returns STATUS_OK; after a failure some hours may have it: apply it again. Parts
 * that compaction, erasure or retention removed by then are struck off their hour's list. */
enum status ledger_book_apply(struct ledger_book *book, struct view post, struct fault *fault)
    MUST_CHECK;

/* For readers, without a book. */
enum status ledger_open_folder(int data_fd, int *ledger_fd, struct fault *fault) MUST_CHECK;
/* Hours that have a file, rising; to be freed by the caller. */
enum status ledger_list_hours(int ledger_fd, int64_t **hours, size_t *count, struct fault *fault)
    MUST_CHECK;
/* Hours up to this one may hold what was stored before the ledger was begun; -1: none does. */
enum status ledger_since(int ledger_fd, int64_t *hour, struct fault *fault) MUST_CHECK;

#endif
