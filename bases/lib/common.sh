# Sourced by the scripts of this folder. POSIX sh, because it also runs in images that have no
# other shell. FETCH_ATTEMPTS and FETCH_PAUSE (seconds, doubled after each attempt) exist for tests.
: "${FETCH_ATTEMPTS:=4}" "${FETCH_PAUSE:=3}"

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() {
  say "$*"
  exit 1
}

# Runs a command until it succeeds, at most FETCH_ATTEMPTS times. Its exit code is the last one's.
retry() {
  attempt=1
  pause=$FETCH_PAUSE
  while :; do
    status=0
    "$@" || status=$?
    [ "$status" -ne 0 ] || return 0
    [ "$attempt" -lt "$FETCH_ATTEMPTS" ] || return "$status"
    attempt=$((attempt + 1))
    say "exit code $status; attempt $attempt of $FETCH_ATTEMPTS in $pause s: $*"
    sleep "$pause"
    pause=$((pause * 2))
  done
}
