#!/bin/sh
# Asks the portal whether a file may run. PLUGWARDEN_URL and PLUGWARDEN_TOKEN come from the environment.
#   sh admission.sh plugin-1.2.0.tgz     exit code 0: it may; 1: it may not; 2: nobody could say, so it may not either
set -u
[ $# -eq 1 ] && [ -f "$1" ] || { echo "usage: $0 FILE" >&2; exit 2; }
sha256=$(sha256sum <"$1" | cut -d' ' -f1)
# The token goes in by a file that curl reads, not as an argument that every user of the machine can see.
answer=$(printf 'header = "Authorization: Bearer %s"\n' "$PLUGWARDEN_TOKEN" |
  curl --silent --show-error --fail-with-body --max-time 10 --config - \
    "$PLUGWARDEN_URL/api/v1/admission?sha256=$sha256") || { echo "$answer" >&2; exit 2; }
printf '%s\n' "$answer"
case $answer in
  *"\"sha256\": \"$sha256\", \"allowed\": true,"*) exit 0 ;;
  *) exit 1 ;;
esac
