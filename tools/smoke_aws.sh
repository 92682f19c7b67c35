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
    mkdir "$work/stack"
    printf '#!/bin/sh\necho 1\n' >"$work/stack/aws"
    chmod 755 "$work/stack/aws"
    AWS_REGION=us-east-1 PATH="$work/stack:$PATH" "$pipes" deploy aws --domain events.example.org \
        --package "$package" --out "$work/stack/out" >/dev/null || fail "pipes deploy aws"
    node test/smoke/user_data.js "$work/stack/out/pipes.yaml" "$1" >"$root/root/user-data" || fail "no user data"
}

part_aws() {
    local options="--site=smoke --listen=127.0.0.1:18580 --admin=127.0.0.1:18581 --lake-roll=200ms"
    local names='{"Domain":"events.example.org:18543","Options":"'$options'","PackageBucket":"packages",
        "PackageKey":"pipes-1.deb","Bucket":"site","Disk":"vol-0123","Address.AllocationId":"eipalloc-1",
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
    node test/smoke/fake_aws.js $fake_port "$root/dev" >"$work/fake.log" 2>&1 &
    pids+=($!)
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
    grep -q " $root/var/lib/pipes ext4 " /proc/mounts || fail "data are not on the disk"
    s3 GET site/tracker/pipes.js | grep smoke >/dev/null || fail "the tracker is not in the bucket"
    curl -sf http://127.0.0.1:18580/e -d '{"events":[{"type":"track","name":"kept"}]}' | grep '"accepted":1' >/dev/null ||
        fail "no event was taken"
    copy_lake || { cat "$work/copy.log" >&2; fail "the lake is not copied"; }
    [ ! -e "$root/run/pipes-keys" ] || fail "keys were left"
    kill -TERM "${pids[-1]}"
    wait "${pids[-1]}" || { tail -n 20 "$work/instance.log" >&2; fail "it did not stop in order"; }
    detach_disk
    echo "  started from the template's own user data; tracker and lake are in S3, data on their disk"
}

copy_lake() {
    inside env AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:$fake_port \
        AWS_ENDPOINT_URL_S3=http://127.0.0.1:$swift_port TMPDIR=/var/tmp /usr/lib/pipes/pipes-s3 lake >"$work/copy.log" 2>&1 &&
        s3 GET 'site?list-type=2&prefix=lake%2F' | grep '<Key>lake/[^<]*\.parquet</Key>' >/dev/null
}
