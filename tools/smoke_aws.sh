# tools/smoke_aws.sh, of tools/deploy_smoke: an instance of `pipes deploy aws` that starts in a bare root.
#
# S3 is Debian's Swift, which verifies signatures; metadata, EC2 and CloudFormation are test/smoke/fake_aws.js,
# which verifies who signed what; the disk is a file.

swift_port=18180
fake_port=18190

make_swift() {
    new_root swift
    apt update
    apt install -y --no-install-recommends swift-proxy swift-account swift-container swift-object memcached
    cp test/smoke/swift.sh "$root/root/swift.sh"
    inside_alone bash /root/swift.sh /srv/swift $swift_port >"$work/swift.log" 2>&1 &
    pids+=($!)
    until_true 90 grep -q '^ready' "$work/swift.log" || { tail -n 30 "$work/swift.log" >&2; fail "no Swift"; }
}

# s3 METHOD PATH [CURL'S WORDS]: as the account's owner.
s3() {
    local method=$1 path=$2
    shift 2
    curl -sSf --request "$method" --header 'x-amz-content-sha256: UNSIGNED-PAYLOAD' --user AKIDSMOKE:testing --aws-sigv4 aws:amz:us-east-1:s3 "$@" \
        "http://127.0.0.1:$swift_port/$path"
}

# The data disk: there once the instance asked for it.
make_disk() {
    truncate -s 300M "$work/disk"
    disk=$(losetup -f --show "$work/disk")
    mkdir -p "$root/dev/disk/by-id"
    mknod "$root/dev/data" b 7 "${disk#/dev/loop}"
}

detach_disk() {
    umount "$work/aws/var/lib/pipes" 2>/dev/null || true
    [ -z "${disk-}" ] || losetup -d "$disk" 2>/dev/null || true
}

take_script() {
    local pipes=build/deb-$arch/pipes
    mkdir -p "$work/stack"
    rm -rf "$work/stack/out"
    printf '#!/bin/sh\necho 1\n' >"$work/stack/aws"
    chmod 755 "$work/stack/aws"
    AWS_REGION=us-east-1 PATH="$work/stack:$PATH" "$pipes" deploy aws --domain events.example.org \
        --package "$package" --out "$work/stack/out" >/dev/null || fail "pipes deploy aws"
    node test/smoke/user_data.js "$work/stack/out/pipes.yaml" "$1" >"$root/root/user-data" || fail "no user data"
}

# The instance, from its first line of user data to the word that it is done.
start_instance() {
    : >"$work/fake.log"
    node test/smoke/fake_aws.js $fake_port "$root/dev" >"$work/fake.log" 2>&1 &
    pids+=($!)
    fake=$!
    until_true 20 grep -q '^listening' "$work/fake.log" || fail "no metadata"
    inside_alone env AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:$fake_port \
        AWS_ENDPOINT_URL_EC2=http://127.0.0.1:$fake_port AWS_ENDPOINT_URL_CLOUDFORMATION=http://127.0.0.1:$fake_port \
        AWS_ENDPOINT_URL_S3=http://127.0.0.1:$swift_port CERTIFICATES=internal sh /root/user-data \
        >"$work/instance.log" 2>&1 &
    pids+=($!)
    until_true 240 grep -q '^SignalResource' "$work/fake.log" || { tail -n 40 "$work/instance.log" >&2; fail "no signal"; }
    grep -q '^SignalResource SUCCESS' "$work/fake.log" || { tail -n 40 "$work/instance.log" >&2; fail "it failed"; }
    grep -q '^AttachVolume vol-0123' "$work/fake.log" || fail "the disk was not asked for"
    grep -q '^AssociateAddress eipalloc-1' "$work/fake.log" || fail "the address was not taken"
    ! grep '^not signed' "$work/fake.log" || fail "something was not signed"
    grep -q " $root/var/lib/pipes ext4 " /proc/mounts || fail "data are not on the disk"
}

# It ends, and its disk goes to the next one.
end_instance() {
    kill -TERM "${pids[-1]}"
    wait "${pids[-1]}" || { tail -n 20 "$work/instance.log" >&2; fail "it did not stop in order"; }
    umount "$root/var/lib/pipes"
    rm -f "$root"/dev/disk/by-id/*
    kill "$fake"
    wait "$fake" || true
}

disk_blocks() {
    stat -f -c %b "$root/var/lib/pipes"
}

# Another size of the disk is another parameter: a new instance finds the data, and all of the disk.
check_update() {
    local before
    before=$(disk_blocks)
    end_instance
    truncate -s 500M "$work/disk"
    losetup -c "$disk"
    take_script "$(echo "$1" | sed 's/"DiskSize":"1"/"DiskSize":"2"/')"
    start_instance
    [ "$(disk_blocks)" -gt $((before * 3 / 2)) ] || fail "the larger disk is not used"
    inside runuser -u pipes -- env TMPDIR=/var/tmp pipes query --data /var/lib/pipes --format csv \
        "select count(*) from events" | tr -d '\r' | grep -x 1 >/dev/null || fail "the event is gone"
}

# What a CDN hands on as it is: head WORD, of the file tracker/NAME.
has_header() {
    s3 HEAD "$1" --head | tr -d '\r' | grep -ix "$2" >/dev/null || {
        s3 HEAD "$1" --head >&2
        fail "$1 has no $2"
    }
}

# Files of `pipes build`, below a folder of the bucket, as they are for visitors.
check_tracker() {
    local hash
    hash=$(s3 GET "$1/manifest.json" | sed -n 's/^  "hash": "\(.*\)",$/\1/p')
    [ -n "$hash" ] || fail "there is no manifest in $1"
    has_header "$1/pipes.js" 'content-type: text/javascript; *charset=utf-8'
    has_header "$1/pipes.js" 'cache-control: public, max-age=300.*'
    has_header "$1/pipes.$hash.js" 'cache-control: public, max-age=31536000, immutable'
    has_header "$1/pipes.$hash.js.br" 'content-encoding: br'
    has_header "$1/pipes.$hash.js.br" 'content-type: text/javascript; *charset=utf-8'
    has_header "$1/pipes.js.gz" 'content-encoding: gzip'
    has_header "$1/pipes-stub.js" 'cache-control: public, max-age=300.*'
    has_header "$1/tag.html" 'content-type: text/plain; *charset=utf-8'
    has_header "$1/manifest.json" 'cache-control: no-cache'
    s3 GET "$1/pipes.js" | grep smoke >/dev/null || fail "$1/pipes.js is not the site's"
    s3 GET "$1/pipes.js.gz" | gzip -dc | cmp - <(s3 GET "$1/pipes.js") || fail "the packed one is another"
    ! curl -sSf -o /dev/null "http://127.0.0.1:$swift_port/$1/pipes.js" 2>/dev/null || fail "anybody may read the bucket"
}

# bucket_build WORDS...: `pipes build` into this S3, with its own keys.
bucket_build() {
    env AWS_ACCESS_KEY_ID=AKIDSMOKE AWS_SECRET_ACCESS_KEY=testing AWS_REGION=us-east-1 "build/deb-$arch/pipes" build \
        --s3-endpoint "http://127.0.0.1:$swift_port" "$@" 2>"$work/built" >/dev/null
}

# S3 itself says what is wrong with a signature, and one site's tracker does not go over another's.
check_bucket() {
    bucket_build --site smoke --out s3://site/js/v1 || { cat "$work/built" >&2; fail "pipes build into a bucket"; }
    check_tracker site/js/v1
    ! bucket_build --site other --out s3://site/js/v1 || fail "it wrote over another site's tracker"
    grep -q 'the tracker of site "smoke"' "$work/built" || { cat "$work/built" >&2; fail "it does not say whose it is"; }
    bucket_build --site smoke --modules core --out s3://site/js/v1 || fail "it does not write over its own"
    ! AWS_SECRET_ACCESS_KEY=wrong "build/deb-$arch/pipes" build --out s3://site/js/v1 --s3-region us-east-1 \
        --s3-endpoint "http://127.0.0.1:$swift_port" 2>"$work/built" >/dev/null || fail "no key was asked for"
    ! env AWS_ACCESS_KEY_ID=AKIDSMOKE AWS_SECRET_ACCESS_KEY=wrong AWS_REGION=us-east-1 "build/deb-$arch/pipes" build \
        --out s3://site/js/v1 --s3-endpoint "http://127.0.0.1:$swift_port" 2>"$work/built" >/dev/null ||
        fail "a wrong secret was taken"
    grep -q 'answers 403: .*signature' "$work/built" || { cat "$work/built" >&2; fail "the refusal is not told"; }
}

part_aws() {
    local options="--site=smoke --listen=127.0.0.1:18580 --admin=127.0.0.1:18581 --lake-roll=200ms"
    local names='{"Domain":"events.example.org:18543","Options":"'$options'","PackageBucket":"packages",
        "PackageKey":"pipes-1.deb","Bucket":"site","Disk":"vol-0123","DiskSize":"1","Address.AllocationId":"eipalloc-1",
        "AWS::Region":"us-east-1","AWS::StackName":"smoke"}'
    needs debootstrap node losetup
    have_package
    make_swift
    s3 PUT packages && s3 PUT site || fail "no buckets"
    s3 PUT packages/pipes-1.deb --upload-file "$package" || fail "the package is not in S3"
    new_root aws
    apt update
    apt install -y --no-install-recommends curl ca-certificates
    make_disk
    take_script "$names"
    check_bucket
    start_instance
    check_tracker site/tracker
    curl -sf http://127.0.0.1:18580/e -d '{"events":[{"type":"track","name":"kept"}]}' | grep '"accepted":1' >/dev/null ||
        fail "no event was taken"
    copy_lake || { cat "$work/copy.log" >&2; fail "the lake is not copied"; }
    [ ! -e "$root/run/pipes-keys" ] || fail "keys were left"
    check_update "$names"
    end_instance
    detach_disk
    echo "  started from the template's own user data, and once more with a larger disk; tracker and lake are in S3"
}

copy_lake() {
    inside env AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:$fake_port \
        AWS_ENDPOINT_URL_S3=http://127.0.0.1:$swift_port TMPDIR=/var/tmp /usr/lib/pipes/pipes-s3 lake >"$work/copy.log" 2>&1 &&
        s3 GET 'site?list-type=2&prefix=lake%2F' | grep '<Key>lake/[^<]*\.parquet</Key>' >/dev/null
}
