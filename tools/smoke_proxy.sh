# tools/smoke_proxy.sh, of tools/deploy_smoke: docs/install.md, "Under your own site's name", to the letter: the
# files of the package, the lines of that page, and nginx, Caddy and Apache as Debian sets them up, each visited
# with three browsers. In a network of its own, in which all ports are as written there.

# The lines behind a word of docs/install.md up to the next empty one.
lines_of_docs() {
    sed -n "/^    $1/,/^\$/s/^    //p" docs/install.md
}

# line_of_docs SERVER: what stands in the table beside that server.
line_of_docs() {
    sed -n "s/^| $1 | \`\([^\`]*\)\`.*/\1/p" docs/install.md
}

set_up_sites() {
    local page='<!doctype html><title>Shop</title>
<script src="/s/pipes-stub.js"></script><script async src="/s/pipes.js"></script>'
    cp "$root"/usr/share/pipes/proxy/* "$root/etc/pipes/"
    { echo 'data = /var/lib/pipes'; lines_of_docs 'base-url = '; echo 'server-cookie = on'; } >"$root/etc/pipes/pipes.ini"
    mkdir -p "$root/var/www/html"
    rm -f "$root"/var/www/html/*
    echo "$page" | tee "$root/var/www/html/index.html" >"$root/usr/share/caddy/index.html"
    sed -i "s,^\tserver_name _;,&\n\t$(line_of_docs nginx)," "$root/etc/nginx/sites-available/default"
    sed -i "s,^:80 {,&\n\t$(line_of_docs Caddy)," "$root/etc/caddy/Caddyfile"
    sed -i "s,^<VirtualHost .*,&\n\t$(line_of_docs Apache)," "$root/etc/apache2/sites-available/000-default.conf"
    # shellcheck disable=SC2046 # words
    inside $(sed -n 's/^| Apache .*`\(a2enmod [^`]*\)`.*/\1/p' docs/install.md) >/dev/null
}

# The rest is done in a network of its own, by this file itself.
part_proxy() {
    needs debootstrap unshare ip
    have_package
    new_root proxy
    put_in "$package"
    apt update
    apt install -y --no-install-recommends "/root/${package##*/}" nginx caddy apache2
    set_up_sites
    unshare -n -m -p -f --kill-child --mount-proc bash -c 'set -euo pipefail
        . tools/root.sh; . tools/smoke_proxy.sh
        root=$1 work=$2 environment=(PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8) pids=()
        visit_all' bash "$root" "$work" || fail "a server does not lead to the collector"
    echo "  nginx, Caddy and Apache, with the files and lines of docs/install.md: one host, the cookie set again, in three browsers"
}

visit_all() {
    local server
    ip link set lo up
    inside_alone setpriv --reuid=pipes --regid=pipes --clear-groups pipes serve --config /etc/pipes/pipes.ini \
        >"$work/collector" 2>&1 &
    mkdir -p "$root/run/apache2"
    for server in "exec nginx -g 'daemon off;'" 'exec caddy run --config /etc/caddy/Caddyfile' \
        '. /etc/apache2/envvars && exec apache2 -D FOREGROUND'; do
        visit "$server"
    done
}

# visit COMMAND: of the shell, that serves until it is told to stop.
visit() {
    inside_alone sh -c "$1" >"$work/server" 2>&1 &
    pids+=($!)
    for _ in {1..300}; do
        ! curl -sf -o /dev/null http://www.shop.localhost/s/pipes.js || break
        sleep 0.1
    done
    node test/smoke/own_host.js http://www.shop.localhost http://127.0.0.1:8081 >"$work/visit" 2>&1 ||
        { cat "$work/server" "$work/visit" >&2; return 1; }
    echo "  $1: $(sed -n 's/^# pass /browsers that were well: /p' "$work/visit")"
    kill "${pids[-1]}"
    wait "${pids[-1]}" || true
}
