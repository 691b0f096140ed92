# The first process of a room. Arguments: the room's folder, the size limit of a data root in
# memory (or nothing), whether there is a network (or nothing), mounts of others to unmount, one
# per line, and the daemon's command line.
set -eu
folder=$1 limit=$2 network=$3 foreign=$4
shift 4

# Read from the machine's /proc: the pid in the machine's PID namespace.
read -r pid _ </proc/self/stat
echo "init $pid"
# Wait until plimsoll has checked that the namespaces are new.
read -r go

mount -t proc proc /proc
ip link set lo up
if [ -n "$foreign" ]; then
  # A copy of a mount keeps it busy for its owner. Nested mounts are unmounted with their parents.
  (
    IFS='
'
    set -f
    umount -l $foreign
  ) 2>/dev/null || :
fi
resolv=$(readlink -m /etc/resolv.conf)
mount -t tmpfs -o mode=755 tmpfs /run
if [ -n "$network" ]; then
  case $resolv in
  /run/*)
    mkdir -p "${resolv%/*}"
    : >"$resolv"
    ;;
  esac
  mount --bind "$folder/resolv.conf" "$resolv"
fi
if [ -n "$limit" ]; then
  mount -t tmpfs -o "size=$limit,mode=711" tmpfs "$folder/data"
fi
echo ready
read -r go

"$@" </dev/null >&2 &
daemon=$!
exec </dev/null >/dev/null
trap 'kill -TERM "$daemon"' TERM
while :; do
  status=0
  wait "$daemon" || status=$?
  kill -0 "$daemon" 2>/dev/null || exit "$status"
done
