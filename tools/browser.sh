#!/bin/sh
# Sees that there is a Chromium for the tests of the console: on Debian and its kin root installs it, others are told.
set -eu

for candidate in chromium chromium-browser google-chrome; do
    if command -v "$candidate" >/dev/null; then
        exit 0
    fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "==> installing chromium for the tests of the console"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
else
    echo "The tests of the console need Chromium. On Debian or Ubuntu: sudo apt-get install chromium" >&2
    exit 1
fi
