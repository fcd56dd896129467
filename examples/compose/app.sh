#!/bin/sh
# The app: writes a report and reads it, and finds that it may do nothing else.
set -eu
echo "All is well." | aws s3 cp --quiet - s3://reports/monday.txt
aws s3 cp --quiet s3://reports/monday.txt -
if aws s3api delete-object --bucket reports --key monday.txt; then
    echo "the app deleted its report, which its policy does not allow" >&2
    exit 1
fi
