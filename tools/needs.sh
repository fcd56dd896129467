#!/bin/sh
# Install the system packages $@ when root asks on Debian and its kin; name them otherwise, and fail.
set -eu

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "==> installing $*"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
else
    echo "iamd needs $*. On Debian or Ubuntu: sudo apt-get install $*" >&2
    exit 1
fi
