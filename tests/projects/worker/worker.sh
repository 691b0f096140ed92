trap 'exit 0' TERM
echo "starting"
echo "queue tides: waiting for jobs"
while :; do
  sleep 1 &
  wait $!
done
