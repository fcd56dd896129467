#!/bin/sh
# Create the virtual environment $1 with a Python of at least 3.11 and the locked uv inside.
# On Debian and its kin the missing package is installed when root asks, named otherwise.
set -eu

venv=$1
unset VIRTUAL_ENV PYTHONHOME PYTHONPATH

python=
for candidate in ${PYTHON:-python3.11 python3.12 python3.13 python3.14 python3}; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done

needs() {
    "$(dirname "$0")/needs.sh" "$@"
}

if [ -z "$python" ]; then
    needs python3 python3-venv
    python=python3
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
        echo "iamd needs Python 3.11 or later; this system's python3 is older." >&2
        exit 1
    }
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    needs "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
fi

echo "==> creating $venv with $("$python" --version)"
"$python" -m venv --clear "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
