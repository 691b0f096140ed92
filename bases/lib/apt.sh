# Sourced by the scripts that use apt. A mirror can list a version that its pool does not hold
# (yet, or any more). Such a version is passed over and apt chooses another one that is listed.
. "$(dirname "$0")/common.sh"
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
: "${APT_OPTIONS:=}"

apt_work=$(mktemp -d)
trap 'rm -rf "$apt_work"' EXIT
: >"$apt_work/pins"
: >"$apt_work/seen"
: >"$apt_work/pinned"

# The pins of the machine stay in force.
own_pins=
eval "$(apt-config shell own_pins Dir::Etc::Preferences/f)"
[ -f "$own_pins" ] || own_pins=/dev/null

# Word splitting of APT_OPTIONS is meant: each word is one argument.
# shellcheck disable=SC2086
run_apt() {
  { cat "$own_pins" && echo && cat "$apt_work/pins"; } >"$apt_work/preferences"
  apt-get -q -o Acquire::Retries=3 -o DPkg::Lock::Timeout=60 \
    -o Dir::Etc::Preferences="$apt_work/preferences" $APT_OPTIONS "$@"
}

# shellcheck disable=SC2086
ask_apt() { apt-cache $APT_OPTIONS "$@"; }

apt_update() { retry run_apt -qq update; }

# The versions of a package that the index lists, newest first.
versions_of() { ask_apt madison "$1" | listed; }
listed() { awk -F' *[|] *' '!seen[$2]++ { printf "%s%s", sep, $2; sep = ", " }'; }

# NAME VERSION of each file that a log of apt reports as absent from the pool.
absent_files() {
  sed -n 's/^[EW]: *Failed to fetch [^ ]*\/\([^ /]*\)\.u\{0,1\}deb  *404.*/\1/p' "$1" | sort -u |
    sed -e 's/%2[bB]/+/g' -e 's/%3[aA]/:/g' -e 's/%7[eE]/~/g' -e 's/^\([^_]*\)_\([^_]*\)_.*/\1 \2/'
}

# A folder of apt sources in which the entries of this machine for Debian 12 name another suite,
# and are of another type. Usage: sources_for DIR SUITE deb|deb-src
sources_for() {
  eval "$(apt-config shell list Dir::Etc::SourceList/f parts Dir::Etc::SourceParts/d)"
  mkdir -p "$1"
  # shellcheck disable=SC2154
  for file in "$list" "$parts"/*; do
    [ -f "$file" ] || continue
    name=${file##*/}
    [ "$file" != "$list" ] || name=main.list
    sed -e "s/bookworm/$2/g" -e "s/^deb /$3 /" -e "s/^Types:.*/Types: $3/" "$file" >"$1/$name"
  done
}

# Reads the log of a failed attempt. Succeeds if it pinned a version that was not pinned before:
# one that the pool lacked twice, with a new index between, because a mirror may just have moved on.
pin_absent() {
  absent_files "$apt_work/log" >"$apt_work/absent"
  grep -Fxv -f "$apt_work/seen" "$apt_work/absent" >"$apt_work/new" || true
  grep -Fx -f "$apt_work/absent" "$apt_work/seen" | grep -Fxv -f "$apt_work/pinned" | sort -u >"$apt_work/again" || true
  cat "$apt_work/absent" >>"$apt_work/seen"
  cat "$apt_work/again" >>"$apt_work/pinned"
  [ -s "$apt_work/again" ] || return 1
  while read -r name version; do
    say "$name $version is not on the mirror (404); the index lists: $(versions_of "$name")"
    # A file name has the version without its epoch.
    for form in "$version" "*:$version"; do
      printf 'Package: %s\nPin: version %s\nPin-Priority: -1\n\n' "$name" "$form" >>"$apt_work/pins"
    done
  done <"$apt_work/again"
}

# Runs COMMAND until it has fetched all that it needs; `again` runs before each further attempt.
# Usage: fetch_all AGAIN COMMAND...
fetch_all() {
  again=$1
  shift
  failures=0
  wait_s=$FETCH_PAUSE
  until "$@" >"$apt_work/log" 2>&1; do
    ! pin_absent || continue
    # Any number of packages may be absent; each is new once.
    [ -s "$apt_work/new" ] || failures=$((failures + 1))
    if [ "$failures" -ge "$FETCH_ATTEMPTS" ]; then
      grep -E '^(E:|W:| +[^ ]+ : )' "$apt_work/log" | tail -n 12 >&2 || true
      reason=$(grep -m 1 '^E: Failed to fetch' "$apt_work/log" || grep -m 1 '^E:' "$apt_work/log" || tail -n 1 "$apt_work/log")
      die "failed after $failures attempts: $reason"
    fi
    say "attempt $((failures + 1)) of $FETCH_ATTEMPTS in $wait_s s: $(grep -m 1 '^E:' "$apt_work/log" || tail -n 1 "$apt_work/log")"
    sleep "$wait_s"
    [ -s "$apt_work/new" ] || wait_s=$((wait_s * 2))
    "$again"
  done
}

fetch_with_apt() { fetch_all apt_update run_apt "$@"; }
