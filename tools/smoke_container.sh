# tools/smoke_container.sh, of tools/deploy_smoke: the image that `pipes deploy container` describes.

# Everything of buildah and podman in a folder that goes away.
in_store() {
    local tool=$1
    shift
    "$tool" --root "$work/store" --runroot "$work/store-run" --storage-driver vfs "$@"
}

# The image that the Dockerfile begins with, made of a bare root instead of fetched.
make_base() {
    mkdir "$work/base"
    tar -C "$base" --one-file-system --exclude=./proc/* -cf "$work/base/rootfs.tar" .
    printf 'FROM scratch\nADD rootfs.tar /\nCMD ["/bin/sh"]\n' >"$work/base/Dockerfile"
    in_store buildah bud --isolation chroot -q -t docker.io/library/debian:bookworm-slim "$work/base" \
        >"$work/buildah" 2>&1 || { cat "$work/buildah" >&2; fail "no base image"; }
    rm -rf "$work/base"
}

# In a network of its own, which has nothing: what would be fetched fails.
build_image() {
    local pipes=build/deb-$arch/pipes
    have_package
    mkdir "$work/bin"
    printf '#!/bin/sh\n' >"$work/bin/docker"
    chmod 755 "$work/bin/docker"
    PATH="$work/bin:$PATH" "$pipes" deploy container --out "$work/image" --site smoke --lake-roll 200ms \
        >"$work/deployed" || fail "pipes deploy container"
    unshare -n buildah --root "$work/store" --runroot "$work/store-run" --storage-driver vfs bud \
        --isolation chroot --pull=never --format docker -q -t pipes "$work/image" >"$work/buildah" 2>&1 ||
        { cat "$work/buildah" >&2; fail "the image cannot be built offline"; }
}

in_container() {
    in_store podman --runtime runc --cgroup-manager cgroupfs exec pipes "$@"
}

# One request, with what the image has: bash.
post_inside() {
    in_container bash -c '
        body='\''{"events":[{"type":"track","name":"kept"}]}'\''
        exec 3<>/dev/tcp/127.0.0.1/8080
        printf "POST /e HTTP/1.0\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s" ${#body} "$body" >&3
        cat <&3' | grep '"accepted":1' >/dev/null
}

has_event() {
    in_container pipes query --format csv "select count(*) from events where site = 'smoke'" 2>"$work/query" |
        tr -d '\r' | grep -x 1 >/dev/null
}

part_container() {
    needs debootstrap buildah podman runc unshare
    root=$base
    mkdir -p "$base"
    make_root
    make_base
    build_image
    in_store podman --runtime runc --cgroup-manager cgroupfs run -d --name pipes --no-healthcheck \
        --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 --network none --read-only --tmpfs /tmp \
        --cap-drop all --security-opt no-new-privileges localhost/pipes >"$work/podman" 2>&1 ||
        { cat "$work/podman" >&2; fail "the container does not start"; }
    until_true 60 in_container pipes deploy check 2>"$work/check" || {
        cat "$work/check" >&2
        in_store podman logs pipes >&2 || true
        fail "the health check of the image says no"
    }
    [ "$(in_container id -u)" = 10001 ] || fail "it runs as root"
    in_container bash -c 'grep -E "^Cap(Prm|Eff|Bnd|Amb):" /proc/1/status' | grep -v '0000000000000000$' &&
        fail "it has capabilities"
    ! in_container bash -c ': >/usr/written' 2>/dev/null || fail "the root can be written to"
    until_true 20 post_inside || fail "no event was taken"
    until_true 20 has_event || { cat "$work/query" >&2; fail "the event is not in the lake"; }
    in_container pipes verify >/dev/null || fail "verify"
    in_store podman --runtime runc --cgroup-manager cgroupfs stop -t 30 pipes >/dev/null 2>&1
    [ "$(in_store podman inspect pipes --format '{{.State.ExitCode}}')" = 0 ] || fail "it did not stop in order"
    in_store podman rm -f -v pipes >/dev/null 2>&1
    in_store podman unmount --all >/dev/null 2>&1 || true
    echo "  built offline; as user 10001, nothing writable but its data, no capabilities"
}
