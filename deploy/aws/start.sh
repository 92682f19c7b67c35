# What an instance does when it starts, as root; `pipes deploy aws` puts it into the template, behind lines
# that set the names below. It asks AWS by signed requests of curl's, with the instance's own role, and needs
# nothing but Debian. Each part may be done again.
#
#   REGION BUCKET         where the tracker's files and the lake's copy go
#   PACKAGE_BUCKET PACKAGE_KEY   the Debian package of Pipes
#   DOMAIN OPTIONS        of `pipes deploy systemd`
#   VOLUME ADDRESS        ids of the disk for data and of the public address; empty: none
#   VOLUME_GIB            its size: named so that a larger one is a change of this script
#   STACK RESOURCE        whom to tell that it is done; empty: nobody
set -eu
export DEBIAN_FRONTEND=noninteractive
metadata=${AWS_EC2_METADATA_SERVICE_ENDPOINT:-http://169.254.169.254}
s3=${AWS_ENDPOINT_URL_S3:-https://s3.$REGION.amazonaws.com}
ec2=${AWS_ENDPOINT_URL_EC2:-https://ec2.$REGION.amazonaws.com}
cloudformation=${AWS_ENDPOINT_URL_CLOUDFORMATION:-https://cloudformation.$REGION.amazonaws.com}
domain_tls=${CERTIFICATES:-acme}

say() {
    echo "pipes start: $1" >&2
}

fetch() {
    curl --silent --show-error --fail --max-time 600 "$@"
}

about_me() {
    fetch --header "X-aws-ec2-metadata-token: $token" "$metadata/latest/$1"
}

# of_json NAME: a text member of the object that comes in.
of_json() {
    sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p"
}

# The role's keys, for curl to read: never among a command's words, where others see them.
take_keys() {
    token=$(fetch --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 3600' "$metadata/latest/api/token")
    role=$(about_me meta-data/iam/security-credentials/ | head -n 1)
    keys=$(about_me "meta-data/iam/security-credentials/$role")
    umask 077
    {
        echo "user = \"$(echo "$keys" | of_json AccessKeyId):$(echo "$keys" | of_json SecretAccessKey)\""
        echo "header = \"X-Amz-Security-Token: $(echo "$keys" | of_json Token)\""
    } >/run/pipes-keys
    umask 022
}

# ask SERVICE URL ...: signed, with what follows for curl.
ask() {
    service=$1
    url=$2
    shift 2
    fetch --config /run/pipes-keys --aws-sigv4 "aws:amz:$REGION:$service" "$@" "$url"
}

# again SECONDS COMMAND...: until it works, or so long.
again() {
    end=$(($(date +%s) + $1))
    shift
    until "$@"; do
        [ "$(date +%s)" -lt "$end" ] || return 1
        sleep 5
    done
}

tell() {
    [ -n "$STACK" ] || return 0
    ask cloudformation "$cloudformation/" --output /dev/null --data-urlencode Action=SignalResource \
        --data-urlencode Version=2010-05-15 --data-urlencode "StackName=$STACK" \
        --data-urlencode "LogicalResourceId=$RESOURCE" --data-urlencode "UniqueId=$instance" \
        --data-urlencode "Status=$1"
}

failed() {
    code=$?
    [ $code -eq 0 ] || say "failed ($code); what went wrong stands above"
    [ $code -eq 0 ] || tell FAILURE || true
    rm -f /run/pipes-keys
}

attach() {
    ask ec2 "$ec2/" --output /dev/null --data-urlencode Action=AttachVolume \
        --data-urlencode Version=2016-11-15 --data-urlencode "VolumeId=$VOLUME" \
        --data-urlencode "InstanceId=$instance" --data-urlencode Device=/dev/sdf
}

# A disk that was made larger since is used to its end. 64 MiB: what mkfs may leave at the end is less.
grow() {
    about=$(dumpe2fs -h "$device" 2>&1)
    used=$(($(echo "$about" | sed -n 's/^Block count: *//p') * $(echo "$about" | sed -n 's/^Block size: *//p')))
    [ $((used + 67108864)) -lt "$(blockdev --getsize64 "$device")" ] || return 0
    # 1: it mended something.
    e2fsck -fp "$device" || [ $? -eq 1 ]
    resize2fs "$device"
}

# The disk that outlives instances. The one before this one may still have it.
mount_data() {
    [ -n "$VOLUME" ] || return 0
    device=/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_$(echo "$VOLUME" | tr -d -)
    mkdir -p /var/lib/pipes
    ! mountpoint -q /var/lib/pipes || return 0
    [ -e "$device" ] || again 300 attach
    again 120 test -e "$device"
    # Only a disk on which there is nothing at all.
    if ! blkid "$device" >/dev/null; then
        mkfs.ext4 -q "$device"
    fi
    grow
    mount -o noatime,nosuid,nodev,noexec "$device" /var/lib/pipes
}

take_address() {
    [ -n "$ADDRESS" ] || return 0
    again 120 ask ec2 "$ec2/" --output /dev/null --data-urlencode Action=AssociateAddress \
        --data-urlencode Version=2016-11-15 --data-urlencode "AllocationId=$ADDRESS" \
        --data-urlencode "InstanceId=$instance" --data-urlencode AllowReassociation=true
}

install_package() {
    apt-get update -q || say "package lists are as they were"
    # S3 wants to be told what is signed of a body; there is none.
    ask s3 "$s3/$PACKAGE_BUCKET/$PACKAGE_KEY" --header 'x-amz-content-sha256: UNSIGNED-PAYLOAD' \
        --output /run/pipes.deb
    apt-get install -qy --no-install-recommends /run/pipes.deb
    rm -f /run/pipes.deb
}

# Every hour what the lake got since goes to the bucket; the keys are asked for anew each time.
write_copy() {
    mkdir -p /etc/pipes
    cat >/etc/pipes/s3.env <<END
REGION=$REGION
BUCKET=$BUCKET
END
    if [ -d /run/systemd/system ]; then
        systemctl enable --now pipes-s3.timer
    else
        say "no systemd: pipes-s3 is to be run every hour by something else"
    fi
}

trap failed EXIT
take_keys
instance=$(about_me meta-data/instance-id)
mount_data
take_address
install_package
write_copy
if [ -d /run/systemd/system ]; then
    # shellcheck disable=SC2086 # options are words
    pipes deploy systemd --domain "$DOMAIN" --certificates "$domain_tls" $OPTIONS
    REGION=$REGION BUCKET=$BUCKET /usr/lib/pipes/pipes-s3 tracker
    tell SUCCESS
else
    # shellcheck disable=SC2086
    pipes deploy local --domain "$DOMAIN" --certificates "$domain_tls" $OPTIONS &
    deployed=$!
    trap 'kill $deployed' INT TERM
    again 60 runuser -u pipes -- pipes deploy check --data /var/lib/pipes
    REGION=$REGION BUCKET=$BUCKET /usr/lib/pipes/pipes-s3 tracker
    tell SUCCESS
    trap - EXIT
    rm -f /run/pipes-keys
    # Once more when a signal has cut it short.
    wait "$deployed" || wait "$deployed"
fi
