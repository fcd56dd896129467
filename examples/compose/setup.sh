#!/bin/sh
# As the root user: a bucket, and a user for the app with the policy beside this file. May run again.
set -eu
[ -s "$CREDENTIALS" ] && exit 0
here=$(dirname "$0")
aws s3 mb s3://reports
aws iam create-user --user-name app > /dev/null
aws iam put-user-policy --user-name app --policy-name app --policy-document "file://$here/policy.json"
set -- $(aws iam create-access-key --user-name app --query 'AccessKey.[AccessKeyId,SecretAccessKey]' --output text)
cat > "$CREDENTIALS" <<END
[default]
aws_access_key_id = $1
aws_secret_access_key = $2
END
