# tools/smoke_systemd.sh, of tools/deploy_smoke: the package and `pipes deploy systemd` under a systemd that
# runs: in a bare root, with processes, mounts and network of its own.

# The first process of that system, as this machine numbers it; the groups it is in.
manager=
groups=()

in_system() {
    nsenter -t "$manager" -m -u -i -p -C -n -r -w env -i "${environment[@]}" "$@"
}

# Only its network: a client of this machine.
near_system() {
    nsenter -t "$manager" -n -- "$@"
}

# For the background: what is ended then is the client itself.
near_system_alone() {
    exec nsenter -t "$manager" -n -- "$@"
}

boot() {
    local group
    for group in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup; do
        [ -e "$group/cgroup.procs" ] || continue
        groups+=("$group/pipes-smoke-$$")
        mkdir "${groups[-1]}"
    done
    (
        for group in "${groups[@]}"; do
            echo "$BASHPID" >"$group/cgroup.procs"
        done
        exec unshare --fork --pid --kill-child --mount --uts --ipc --cgroup --net test/smoke/boot.sh "$root"
    ) >"$work/boot" 2>&1 &
    pids+=($!)
    until_true 20 find_manager "$!" || { cat "$work/boot" >&2; fail "systemd did not start"; }
    near_system ip link set lo up
    in_system systemctl is-system-running --wait >"$work/running" || {
        in_system systemctl list-units --failed --no-pager >&2
        fail "systemd is $(cat "$work/running")"
    }
}

find_manager() {
    manager=$(cat "/proc/$1/task/$1/children" 2>/dev/null)
    manager=${manager% }
    [ -n "$manager" ] && [ "$(cat "/proc/$manager/comm")" = systemd ] &&
        in_system systemctl is-system-running --wait >/dev/null 2>&1
}

# Its first process takes all others with it.
halt_system() {
    local group
    if [ -n "$manager" ]; then
        kill -KILL "$manager" 2>/dev/null || true
        manager=
    fi
    for group in "${groups[@]}"; do
        until_true 10 no_process "$group" || true
        find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
    done
    groups=()
}

no_process() {
    ! find "$1" -name cgroup.procs -exec cat {} + 2>/dev/null | grep -q .
}

of_service() {
    in_system systemctl show --value "--property=$1" pipes.service
}

# deploy WORDS...: what it says goes to $work/deployed.
deploy() {
    in_system pipes deploy systemd "$@" >"$work/deployed" 2>&1 || {
        cat "$work/deployed" >&2
        in_system journalctl -u pipes -n 30 --no-pager >&2
        fail "pipes deploy systemd $*"
    }
}

# What the last deployment said of the service.
went() {
    grep -qF "$1" "$work/deployed" || { cat "$work/deployed" >&2; fail "it did not say: $1"; }
}

answers_at() {
    near_system curl -sf -o "$work/answer" "http://127.0.0.1:$1/e" -d '{"events":[{"type":"track","name":"kept"}]}' &&
        grep -q '"accepted":1' "$work/answer"
}

# Events that are in the lake, in all, and each once.
has_events() {
    [ "$(in_system runuser -u pipes -- env TMPDIR=/var/tmp pipes query --data /var/lib/pipes --format csv \
        "select count(*), count(distinct event_id) from events_all" | tr -d '\r' | tail -n 1)" = "$1,$1" ]
}

prepare_system() {
    new_root systemd
    put_in "$package"
    put_in "$work/pipes_9.9.9_$arch.deb"
    apt update
    apt install -y --no-install-recommends systemd systemd-sysv dbus iproute2 caddy
    # The network of that system leads nowhere: what the package needs is there before.
    apt install -y --no-install-recommends --download-only "/root/${package##*/}"
    rm "$root/usr/sbin/policy-rc.d"
    unmount_all
}

# The package starts it, in all its confinement.
install_in_system() {
    in_system env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "/root/$1" \
        >"$work/install" 2>&1 || { cat "$work/install" >&2; fail "apt-get install $1"; }
}

# While clients send: done again, with other options; another program. None of their requests fails.
change_under_load() {
    local taken before
    near_system_alone node test/smoke/steady.js 8080 >"$work/taken" 2>"$work/load" &
    pids+=($!)
    before=$(of_service MainPID)
    deploy --modules all
    went "a new process has taken over"
    deploy --modules core
    went "a new process has taken over"
    [ "$(of_service MainPID)" != "$before" ] || fail "it is the process from before"
    install_in_system "pipes_9.9.9_$arch.deb"
    until_true 30 runs_version 9.9.9 || fail "the upgrade does not run"
    deploy
    went "a new process has taken over"
    kill -TERM "${pids[-1]}"
    wait "${pids[-1]}" || { cat "$work/load" >&2; in_system journalctl -u pipes -n 40 --no-pager >&2; fail "a request failed while it was changed"; }
    taken=$(($(cat "$work/taken") + 1))
    [ "$taken" -gt 500 ] || fail "$taken events are no load"
    until_true 30 has_events "$taken" || fail "not each of $taken events is there once"
    [ "$(of_service NRestarts)" = 0 ] || fail "it was restarted"
    echo "  three times changed and once upgraded: $taken events, no request failed, each is there once"
}

runs_version() {
    near_system curl -sf http://127.0.0.1:8081/metrics | grep -q "pipes_build_info{version=\"$1\""
}

# What a new process alone cannot take on.
change_by_restart() {
    sleep 1.1 # the manager knows when it started the service to the second
    in_system mkdir -p /etc/systemd/system/pipes.service.d
    in_system sh -c 'printf "[Service]\nLimitNOFILE=4096\n" >/etc/systemd/system/pipes.service.d/own.conf'
    deploy
    went "its unit has changed: restarted"
    grep -q '^Max open files  *4096 ' "/proc/$(near_main)/limits" || fail "the unit as it is now does not hold"
    deploy --listen 127.0.0.1:8090
    went "hand-over failed"
    went "so it is restarted"
    answers_at 8090 || fail "it does not answer where it listens now"
    deploy --listen 127.0.0.1:1000
    answers_at 1000 || fail "it does not answer on a port below 1024"
    deploy --listen 127.0.0.1:8080
    answers_at 8080 || fail "it does not answer where it was"
    [ ! -e "$root/etc/systemd/system/pipes.service.d/ports.conf" ] || fail "it may still listen below 1024"
}

# The service's process as this machine numbers it.
near_main() {
    local pid inner
    inner=$(of_service MainPID)
    for pid in $(cat "${groups[0]}/system.slice/pipes.service/cgroup.procs"); do
        ! grep -q "^NSpid:.*[[:space:]]$inner$" "/proc/$pid/status" || echo "$pid"
    done
}

# Reload, and back after it was killed.
live_on() {
    local before
    in_system systemctl reload pipes || { in_system journalctl -u pipes -n 20 --no-pager >&2; fail "reload"; }
    before=$(of_service MainPID)
    in_system systemctl kill --kill-who=main --signal=KILL pipes
    until_true 30 comes_back "$before" || fail "killed, it does not come back"
    [ "$(of_service NRestarts)" -ge 1 ] || fail "it was not restarted by systemd"
}

comes_back() {
    local now
    now=$(of_service MainPID)
    [ "$now" != 0 ] && [ "$now" != "$1" ] && answers_at 8080
}

remove_from_system() {
    deploy --remove
    [ "$(of_service ActiveState)" = inactive ] || fail "removed, it runs"
    [ ! -e "$root/etc/pipes/pipes.ini" ] && [ -d "$root/var/lib/pipes/journal" ] || fail "removing took data"
    in_system pipes verify --data /var/lib/pipes >/dev/null || fail "verify"
}

part_systemd() {
    local domain=events.example.org rating
    needs debootstrap nsenter unshare pivot_root
    have_package
    of_version 9.9.9
    mv "build/pipes_9.9.9_$arch.deb" "$work/"
    of_version "$version"
    prepare_system
    boot
    install_in_system "${package##*/}"
    until_true 30 answers_at 8080 || fail "the package did not start it"
    # Behind Caddy it listens on loopback alone, which a new process cannot take on.
    deploy --domain "$domain" --certificates internal --site smoke
    went "so it is restarted"
    grep -q "src=\"https://$domain/" "$work/deployed" || fail "no tag"
    local authority=$root/var/lib/caddy/.local/share/caddy/pki/authorities/local/root.crt
    until_true 60 near_system curl -sf -o "$work/script" --cacert "$authority" --resolve "$domain:443:127.0.0.1" \
        "https://$domain/pipes.js" || fail "no tracker over HTTPS"
    rating=$(in_system systemd-analyze security pipes.service --no-pager | sed -n 's/.*level for pipes.service: \([0-9.]*\) .*/\1/p')
    echo "  systemd-analyze security, as it runs: $rating"
    awk -v rating="$rating" 'BEGIN { exit !(rating > 0 && rating <= 1.5) }' || fail "that is over 1.5"
    change_under_load
    change_by_restart
    live_on
    remove_from_system
    halt_system
}
