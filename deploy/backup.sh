#!/bin/sh
# backup.sh DATA COPY: copies a data folder while its collector runs, and proves the copy sound. All that was
# acknowledged before it began is in it. COPY must not be there yet. PIPES: the program, by itself `pipes`.
# shellcheck disable=SC2086 # the words of $create
set -eu
[ $# -eq 2 ] || { echo "usage: backup.sh DATA COPY" >&2; exit 2; }
data=$1
copy=$2
tries=5
create='tar -cS --warning=no-file-changed --warning=no-file-removed'
[ ! -e "$copy" ] || { echo "backup.sh: $copy is there already" >&2; exit 1; }

[ -d "$data/journal" ] || { echo "backup.sh: $data is no data folder" >&2; exit 1; }
umask 077

# pack COMMAND...: of tar, run in the data folder, into the copy. What vanishes or grows meanwhile is no failure
# of tar's (1); the rest is. By way of a file: a pipe would hide it.
pack() {
    (cd "$data" && exec "$@") >"$copy.new.tar" || [ $? -eq 1 ]
    tar -C "$copy.new" -x <"$copy.new.tar"
    rm -f "$copy.new.tar"
}

# The order is the point. First how far the lake has come, then the journal from there on, then the lake:
# what leaves the journal meanwhile is in the lake by then, and what is in both is told apart by names and keys. Keys of a
# day's visitors stay out: they are to be gone when they are over.
copy_all() {
    mkdir "$copy.new"
    if [ -e "$data/lake/CURSOR" ]; then
        pack $create lake/CURSOR
    fi
    pack $create --exclude='_*' journal
    # Under this lock files of the lake are not replaced by others.
    pack flock -s lake/SNAPSHOT $create --exclude='./journal' --exclude='./lake/CURSOR' \
        --exclude='./lake/_*' --exclude=./RUNNING --exclude=./OPTIONS --exclude=./ADMIN_TOKEN \
        --exclude=./LOCK --exclude=./IDENTITY_KEY --exclude=./DAILY_SALT --exclude=./SCRUB_KEY \
        --exclude=./raw-requests .
}

# A segment that was given back and used again while it was read makes a copy that is not sound: once more.
while :; do
    rm -rf "$copy.new"
    copy_all
    if said=$("${PIPES:-pipes}" verify --data "$copy.new"); then
        mv "$copy.new" "$copy"
        echo "$said"
        exit 0
    fi
    tries=$((tries - 1))
    [ $tries -gt 0 ] || { echo "$said" >&2; exit 1; }
done
