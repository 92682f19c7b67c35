#!/bin/bash
# swift.sh DIR PORT: an S3 that verifies signatures, of Debian's Swift, on this machine only; key AKIDSMOKE,
# secret testing, region us-east-1. Says "ready" and runs until it is told to stop. PORT and the four above it.
set -eu
mkdir -p "$1"/{etc,dev/d1,log} /etc/swift
cd "$1"
port=$2
children=()

# Returns when all of them have ended, by force after five seconds.
end_children() {
    local code=$? tries=0
    trap - EXIT
    [ ${#children[@]} -gt 0 ] || exit $code
    kill "${children[@]}" 2>/dev/null || true
    while kill -0 "${children[@]}" 2>/dev/null && [ $((tries += 1)) -lt 50 ]; do
        sleep 0.1
    done
    kill -KILL "${children[@]}" 2>/dev/null || true
    wait
    exit $code
}
trap end_children EXIT
trap 'exit 0' INT TERM

# Should this script be killed itself, the system ends what it started.
child() {
    setpriv --pdeathsig KILL "$@" &
    children+=($!)
}

printf '%s\n' '[swift-hash]' 'swift_hash_path_suffix = s' 'swift_hash_path_prefix = p' \
    '[storage-policy:0]' 'name = gold' 'default = yes' | tee etc/swift.conf >/etc/swift/swift.conf

# server NAME PORT: of one kind of Swift's, with its ring of one disk.
server() {
    cat >"etc/$1-server.conf" <<END
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $2
swift_dir = $PWD/etc
devices = $PWD/dev
mount_check = false
user = root
workers = 0
fallocate_reserve = 0
disable_fallocate = true
[pipeline:main]
pipeline = $1-server
[app:$1-server]
use = egg:swift#$1
END
    (
        cd etc
        swift-ring-builder "$1.builder" create 4 1 1
        swift-ring-builder "$1.builder" add "r1z1-127.0.0.1:$2/d1" 1
        swift-ring-builder "$1.builder" rebalance
    ) >/dev/null
}

filter() {
    printf '[filter:%s]\nuse = egg:swift#%s\n' "$1" "${2:-$1}"
}

server object $((port + 1))
server container $((port + 2))
server account $((port + 3))
{
    cat <<END
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $port
swift_dir = $PWD/etc
user = root
workers = 0
[pipeline:main]
pipeline = catch_errors proxy-logging cache listing_formats bulk s3api names tempauth copy slo dlo proxy-logging proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
END
    filter catch_errors
    filter proxy-logging proxy_logging
    filter cache memcache
    echo "memcache_servers = 127.0.0.1:$((port + 4))"
    filter listing_formats
    filter bulk
    filter copy
    filter slo
    filter dlo
    filter s3api
    printf 's3_acl = false\nlocation = us-east-1\ncheck_bucket_owner = false\n'
    printf '[filter:names]\npaste.filter_factory = smoke_names:filter_factory\n'
    filter tempauth
    echo 'user_test_tester = testing .admin'
} >etc/proxy-server.conf

# Swift's users have a colon in their names, which no key of AWS has.
cat >smoke_names.py <<'END'
def filter_factory(conf, **more):
    def wrap(app):
        def call(env, start_response):
            details = env.get('s3api.auth_details')
            if details and details['access_key'] == 'AKIDSMOKE':
                details['access_key'] = 'test:tester'
                env['PATH_INFO'] = env['PATH_INFO'].replace('AKIDSMOKE', 'test:tester', 1)
            return app(env, start_response)
        return call
    return wrap
END
export PYTHONPATH=$PWD
child memcached -l 127.0.0.1 -p $((port + 4)) -u root -m 32 >log/memcached 2>&1
for name in account container object proxy; do
    child "swift-$name-server" "etc/$name-server.conf" >"log/$name" 2>&1
done
for one in 0 1 2 3 4; do
    until (exec 3<>"/dev/tcp/127.0.0.1/$((port + one))") 2>/dev/null; do
        for pid in "${children[@]}"; do
            kill -0 "$pid" 2>/dev/null || { tail -n 20 log/*; exit 1; }
        done
        sleep 0.2
    done
done
echo ready
wait
