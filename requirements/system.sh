#!/usr/bin/env bash
# Install the system packages that are missing: by apt as root, else print the one line to run.
# Usage: system.sh run|test
set -eu

wanted=()
need() { wanted+=("$@"); }
has() { command -v "$1" >/dev/null 2>&1; }
library() { ldconfig -p 2>/dev/null | grep -q "$1" || PATH="$PATH:/sbin:/usr/sbin" ldconfig -p | grep -q "$1"; }

${PYTHON:-python3} -c 'import ensurepip, venv' 2>/dev/null || need python3-venv
has bwrap || need bubblewrap
has strace || need strace
has setpriv || need util-linux
has npm || need nodejs npm
[ -e /etc/ssl/certs/ca-certificates.crt ] || need ca-certificates
library libpango-1.0.so.0 || need libpango-1.0-0
library libpangoft2-1.0.so.0 || need libpangoft2-1.0-0
library libharfbuzz-subset.so.0 || need libharfbuzz-subset0
if [ "${1:-run}" = test ]; then
  has chromium || need chromium
  library libatomic.so.1 || need libatomic1 # for the Node inside Playwright
  has pdftoppm || need poppler-utils
  has git || need git
fi

[ ${#wanted[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -eq 0 ] && has apt-get; then
  echo "Installing system packages: ${wanted[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${wanted[@]}" >/dev/null
else
  echo "System packages are missing. Run this once as root, then try again:" >&2
  echo "  apt-get update && apt-get install -y --no-install-recommends ${wanted[*]}" >&2
  exit 1
fi
