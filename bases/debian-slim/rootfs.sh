#!/usr/bin/env bash
# Writes the root file system of a stand-in for debian:bookworm-slim to OUT.tar.
# Packages come from the Debian mirror that this host uses, and the host's CA
# certificates go in, so that builds work behind a local CA as the host does.
# Usage: rootfs.sh [--with-docs] OUT.tar
# --with-docs keeps documentation, manuals and translations: debian:bookworm.
set -euo pipefail

die() { printf 'rootfs.sh: %s\n' "$@" >&2; exit 1; }

docs=no
[[ ${1-} != --with-docs ]] || { docs=yes; shift; }
[[ $# -eq 1 && $1 == *.tar ]] || die "usage: ${0##*/} [--with-docs] OUT.tar"
out=$(realpath -m -- "$1")
[[ -d ${out%/*} ]] || die "the folder ${out%/*} does not exist"

command -v mmdebstrap >/dev/null ||
  die "mmdebstrap is missing" "hint: apt-get install --no-install-recommends mmdebstrap"
bundle=/etc/ssl/certs/ca-certificates.crt
[[ -s $bundle ]] ||
  die "the host has no CA bundle at $bundle" "hint: apt-get install --no-install-recommends ca-certificates"

# Debian's unpacking needs root, or a user namespace that plays it.
mode=root
((EUID == 0)) || mode=unshare

# mmdebstrap clamps later file times to this: 2024-10-03, the day of Node 20.18.0.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-1727913600}
export LC_ALL=C TZ=UTC

work=$(mktemp -d)
trap 'rm -rf -- "$work" "$out.part"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
chmod 0755 "$work" # a user namespace must be able to read it

# --- the host's own Debian entries, as one deb822 file --------------------
# Only Debian's suites and only `main`, as the official image has them: other
# vendors use a suite called bookworm as well, but bring a key of their own.
debian_entries() {
  local file
  shopt -s nullglob
  for file in /etc/apt/sources.list.d/*.sources; do
    awk -v RS= -F'\n' '
      function field(name,   i, line) {
        for (i = 1; i <= NF; i++) {
          line = $i
          if (tolower(substr(line, 1, length(name) + 1)) == name ":") {
            sub(/^[^:]*:[ \t]*/, "", line); sub(/[ \t]+$/, "", line); return line
          }
        }
        return ""
      }
      {
        key = field("signed-by")
        if (tolower(field("enabled")) == "no" || field("types") !~ /(^| )deb( |$)/) next
        if (key != "" && key !~ /\/debian-archive-[^\/ ]*$/) next
        if (field("components") !~ /(^| )main( |$)/) next
        n = split(field("suites"), suite, /[ \t]+/); m = split(field("uris"), uri, /[ \t]+/)
        for (u = 1; u <= m; u++) for (s = 1; s <= n; s++) print uri[u], suite[s]
      }' "$file"
  done
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [[ -r $file ]] || continue
    awk '
      $1 != "deb" { next }
      {
        options = ""; at = 2
        if ($2 ~ /^\[/) {
          do { options = options " " $at; at++ } while (at <= NF && $(at - 1) !~ /\]$/)
        }
        if (options ~ /signed-by=/ && options !~ /signed-by=[^ ]*\/debian-archive-/) next
        for (i = at + 2; i <= NF; i++) if ($i == "main") { print $at, $(at + 1); break }
      }' "$file"
  done
  shopt -u nullglob
}

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
while read -r uri suite; do
  printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n\n' "$uri" "$suite" "$keyring"
done < <(debian_entries | awk '$2 ~ /^bookworm(-updates|-security)?$/ && !seen[$0]++') >"$work/debian.sources"

# A host without such entries (another release) gets mmdebstrap's own default.
mirror=()
if grep -q 'Suites: bookworm$' "$work/debian.sources"; then
  mirror=("$work/debian.sources")
fi

# --- what the image keeps of apt's and dpkg's set-up ----------------------
conf=$work/conf
mkdir -p "$conf/etc/apt/apt.conf.d" "$conf/etc/dpkg/dpkg.cfg.d" \
  "$conf/etc/ssl/certs" "$conf/usr/local/share/ca-certificates"

dpkgopts=(--dpkgopt="$conf/etc/dpkg/dpkg.cfg.d/docker-apt-speedup")
if [[ $docs == no ]]; then
  cat >"$conf/etc/dpkg/dpkg.cfg.d/docker" <<'EOF'
# A slim image: no documentation, manuals or translations, but the licences.
path-exclude=/usr/share/doc/*
path-include=/usr/share/doc/*/copyright
path-exclude=/usr/share/groff/*
path-exclude=/usr/share/info/*
path-exclude=/usr/share/linda/*
path-exclude=/usr/share/lintian/*
path-exclude=/usr/share/locale/*
path-exclude=/usr/share/man/*
EOF
  dpkgopts+=(--dpkgopt="$conf/etc/dpkg/dpkg.cfg.d/docker")
fi
cat >"$conf/etc/dpkg/dpkg.cfg.d/docker-apt-speedup" <<'EOF'
# An interrupted build is thrown away, so there is no need to sync every file.
force-unsafe-io
EOF
cat >"$conf/etc/apt/apt.conf.d/docker-clean" <<'EOF'
// Downloaded packages and apt's binary caches would only add to a layer.
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };
APT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
EOF
cat >"$conf/etc/apt/apt.conf.d/docker-no-languages" <<'EOF'
Acquire::Languages "none";
EOF
cat >"$conf/etc/apt/apt.conf.d/docker-gzip-indexes" <<'EOF'
Acquire::GzipIndexes "true";
EOF
cat >"$conf/etc/apt/apt.conf.d/docker-autoremove-suggests" <<'EOF'
Apt::AutoRemove::SuggestsImportant "false";
EOF

# The bundle serves at once; the single certificates outlive a later
# installation of ca-certificates, which writes the bundle anew.
install -m 0644 "$bundle" "$conf$bundle"
for extra in /usr/local/share/ca-certificates/*.crt; do
  if [[ -f $extra ]]; then install -m 0644 "$extra" "$conf/usr/local/share/ca-certificates/"; fi
done
find "$conf" -type d -exec chmod 0755 {} +
find "$conf" -type f -exec chmod 0644 {} +

# mmdebstrap leaves its own names for what the files above say; a sources file
# that we gave it gets the name that it has in the official image.
cat >"$work/finish.sh" <<'EOF'
set -eu
root=$1 work=$2
rm -f "$root"/etc/apt/apt.conf.d/99mmdebstrap "$root"/etc/dpkg/dpkg.cfg.d/99mmdebstrap
if [ -s "$work/debian.sources" ]; then
  rm -f "$root"/etc/apt/sources.list "$root"/etc/apt/sources.list.d/*
  install -m 0644 "$work/debian.sources" "$root/etc/apt/sources.list.d/debian.sources"
fi
rm -rf "$root"/var/log/apt/* "$root"/var/log/dpkg.log "$root"/var/log/alternatives.log \
  "$root"/var/log/bootstrap.log "$root"/var/lib/apt/extended_states \
  "$root"/var/cache/debconf/*-old "$root"/var/lib/dpkg/*-old
EOF
[[ ${#mirror[@]} -gt 0 ]] || : >"$work/debian.sources"

# merged-usr: /bin, /lib and /sbin are links from the start, as in the official
# image. Without it apt settles init-system-helpers' alternative with usrmerge,
# which brings all of Perl with it: 48 MB that no slim image has.
# The cache settings are for the build alone: apt writes its binary caches (74 MB)
# anew when mmdebstrap has already cleaned up.
"$(dirname -- "${BASH_SOURCE[0]}")/../lib/bootstrap" bookworm "$out.part" "${mirror[0]:-}" --mode="$mode" --variant=minbase --format=tar \
  --architectures=amd64 --components=main --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
  "${dpkgopts[@]}" \
  --aptopt='Acquire::Languages "none"' --aptopt='Acquire::Retries "3"' \
  --aptopt='Dir::Cache::pkgcache ""' --aptopt='Dir::Cache::srcpkgcache ""' \
  --customize-hook="copy-in '$conf/etc' '$conf/usr' /" \
  --customize-hook="sh '$work/finish.sh' \"\$1\" '$work'" \
  --skip=output/dev ||
  die "the root file system of Debian 12 was not made (the reason is above)" \
    "hint: check that 'apt-get update' works on this host, then try again"
mv -- "$out.part" "$out"
