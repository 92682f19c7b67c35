#!/bin/sh
# Written by `pipes deploy aws --remove`: deletes the stack. A snapshot of the disk and the bucket stay unless
# --with-data was said.
set -eu
stack='@STACK@'
with_data='@WITH_DATA@'
region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region)}}
ask() {
    aws cloudformation describe-stack-resource --region "$region" --stack-name "$stack" \
        --logical-resource-id "$1" --query StackResourceDetail.PhysicalResourceId --output text
}
bucket=$(ask Bucket)
disk=$(ask Disk)
aws cloudformation delete-stack --region "$region" --stack-name "$stack"
aws cloudformation wait stack-delete-complete --region "$region" --stack-name "$stack"
if [ "$with_data" = true ]; then
    aws s3 rb --force "s3://$bucket"
    for snapshot in $(aws ec2 describe-snapshots --region "$region" --owner-ids self \
        --filters "Name=volume-id,Values=$disk" --query 'Snapshots[].SnapshotId' --output text); do
        aws ec2 delete-snapshot --region "$region" --snapshot-id "$snapshot"
    done
else
    echo "kept: the bucket $bucket and a snapshot of the disk $disk"
fi
