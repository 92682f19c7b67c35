/*
 * lake_commit.h - files of the lake change places: all of it or nothing, whoever is killed when.
 *
 * A change is text: what takes whose place, and what goes once it has. Names are within the lake;
 * what is new stands there already, durable, under a name that begins with '_'.
 *
 *     replace events/date=2026-11-24/hour=07/_events.parquet events/date=.../hour=07/events.parquet
 *     remove raw/date=2026-11-24/hour=07/part-7-1-900.ndjson.zst
 *     replace manifest/_2026-11-24 manifest/2026-11-24
 *
 * Lines "note ..." hold a posting of the ledger (ledger_book.h): it takes effect with the change,
 * once, whoever is killed when.
 *
 * Only the holder of data/LOCK commits:
 *
 *   1. lake/SNAPSHOT is locked (flock), so that nobody who lists the lake sees half of it;
 *   2. the change is written to lake/_commit, durably;
 *   3. files are renamed, folders synced; then what goes is unlinked, folders synced; notes are
 *      posted;
 *   4. lake/_commit is removed, lake/SNAPSHOT unlocked.
 *
 * Cut off behind 2, the next holder does 3 and 4. Somebody who reads meanwhile and finds a _commit:
 * a file that was to be renamed and is not there any more has been, so what stands below it as
 * "remove", up to the next "replace", is not to be read any more.
 */
#ifndef PIPES_LAKE_LAKE_COMMIT_H
#define PIPES_LAKE_LAKE_COMMIT_H

#include "base/buf.h"
#include "base/status.h"
#include "base/view.h"
#include "lake/ledger_book.h"

enum { LAKE_CHANGE_BYTES_MAX = 16 * 1024 * 1024 };

/* The caller holds data/LOCK. `token`: who must still be the worker (lake_work.h); empty: nobody is
 * asked. STATUS_BAD_INPUT: it is no change, a file that it names is not there, a part's numbers are
 * still needed (lake_done.h), or another worker began; STATUS_BUSY: somebody reads SNAPSHOT for
 * long: try again. After any failure the lake is as it was, or the next commit or
 * lake_commit_recover() completes it. A change that was made before, whole, may be asked for once
 * more: nothing happens. `book` is the process's; with NULL one is opened when there are notes, and
 * no other may be open. */
enum status lake_commit(int data_fd, struct view change, struct view token,
                        struct ledger_book *book, struct fault *fault) MUST_CHECK;
/* Completes what a crash left. The caller holds data/LOCK. */
enum status lake_commit_recover(int data_fd, struct ledger_book *book, struct fault *fault)
    MUST_CHECK;
/* Appends a posting's lines as notes. */
void lake_change_note(struct buf *change, struct view lines);

/* Takes the next line off a change. False at its end. */
struct lake_change_line {
    bool is_replace;  /* otherwise: remove */
    struct view from; /* what is removed, when it is that */
    struct view to;
};
bool lake_change_next(struct view *change, struct lake_change_line *line);

/* Locks lake/SNAPSHOT: shared to list and open files, alone to change them. *fd is to be closed by
 * the caller, which unlocks. STATUS_BUSY after `wait_ms`. */
enum status lake_snapshot_lock(int lake_fd, bool is_shared, int wait_ms, int *fd,
                               struct fault *fault) MUST_CHECK;

#endif
