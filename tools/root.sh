# tools/root.sh, to be sourced by bash: a bare Debian root that reaches the archives as this machine does.
#
#   root=DIR; make_root; carry_in_network; mount_all; inside COMMAND...; unmount_all
#
# Needs root and debootstrap, `suite`, and a function `fail`.

unmount_all() {
    local place
    for place in dev/shm proc; do
        if mountpoint -q "$root/$place"; then
            umount "$root/$place" || umount -l "$root/$place"
        fi
    done
}

# The first Debian archive among this machine's own sources, of either notation.
debian_mirror() {
    { cat /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} 2>/dev/null || true; } |
        sed -nE '/^[[:space:]]*#/d; s,.*[ =]([a-z]+://[^] ]+/debian)/?( .*)?$,\1,p' |
        sed 1q
}

make_root() {
    local mirror
    if [ -e "$root/etc/debian_version" ]; then
        return
    fi
    mirror=$(debian_mirror)
    [ -n "$mirror" ] || fail "no Debian archive in /etc/apt/sources.list or sources.list.d"
    # What debootstrap says is of interest only when it fails.
    debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$root.report" 2>&1 || {
        tail -n 20 "$root.report" >&2
        fail "debootstrap failed"
    }
    rm -f "$root.report"
}

# copy_in PATH...: the same path inside the root, links followed; what is not there is skipped.
copy_in() {
    local path
    for path in "$@"; do
        [ -e "$path" ] || continue
        mkdir -p "$root$(dirname "$path")"
        rm -rf "${root:?}$path"
        cp -rL "$path" "$root$path" 2>/dev/null || true
    done
}

# How this machine reaches its archives and registries, so that the root reaches them alike.
carry_in_network() {
    local path
    rm -f "$root"/etc/apt/sources.list "$root"/etc/apt/sources.list.d/*
    copy_in /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/keyrings /etc/ssl/certs \
        /usr/local/share/ca-certificates /etc/resolv.conf /etc/hosts
    for path in /usr/share/keyrings/*; do
        [ -e "$root$path" ] || copy_in "$path"
    done
    # Of apt's options only those that say how to fetch.
    grep -lE '^[[:space:]]*Acquire' /etc/apt/apt.conf.d/* 2>/dev/null | while read -r path; do
        copy_in "$path"
    done
    carry_in_npm
    environment=(HOME=/root LANG=C.UTF-8 TERM=dumb
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
    while IFS= read -r name; do
        environment+=("$name=${!name}")
        case ${!name} in
        /*) copy_in "${!name}" ;;
        esac
    done < <(compgen -e | grep -iE '^(https?|ftp|all|no)_proxy$|ca_?certs?$|ca_?bundle$|^ssl_cert_|cainfo$')
}

carry_in_npm() {
    local user global
    mkdir -p "$root/root" "$root/etc"
    : >"$root/root/.npmrc"
    command -v npm >/dev/null || return 0
    # Asked outside of the repository, whose own .npmrc comes with the clone.
    user=$(cd / && npm config get userconfig 2>/dev/null)
    global=$(cd / && npm config get globalconfig 2>/dev/null)
    for file in "$global" "$user"; do
        # nodedir points to this machine's own Node.
        [ ! -f "$file" ] || grep -vE '^(nodedir|prefix|cache)[ =]' "$file" >>"$root/root/.npmrc" || true
    done
}

mount_all() {
    mkdir -p "$root/proc" "$root/dev/shm"
    mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
    mountpoint -q "$root/dev/shm" || mount -t tmpfs -o mode=1777,size=1g tmpfs "$root/dev/shm"
}

# For the background: what is ended then is the command itself, which also ends with the caller.
inside_alone() {
    exec setpriv --pdeathsig TERM chroot "$root" env -i "${environment[@]}" "$@"
}

inside() {
    chroot "$root" env -i "${environment[@]}" "$@"
}
