#!/bin/sh
# Written by `pipes deploy aws`, which runs it: puts the package into a bucket of this account and makes or
# changes the stack. It needs the AWS command line with rights to do that.
set -eu
cd "$(dirname "$0")"
stack='@STACK@'
package='@PACKAGE@'
# Its name is its content: another package is a change of the stack, the same one is none.
key=pipes-$(sha256sum "$package" | cut -c1-16).deb

# The same stack without the AWS command line.
by_hand() {
    in_link=$(printf '%s' '@OPTIONS@' | sed 's/ /%20/g; s/+/%2B/g; s/=/%3D/g')
    cat >&2 <<END
There is no AWS command line (aws) here. By hand: in a bucket of your account, put
    $package  as  $key
    $PWD/pipes.yaml  as  pipes.yaml
and open, with the bucket's name and region in place of BUCKET and REGION:
https://console.aws.amazon.com/cloudformation/home?region=REGION#/stacks/create/review?stackName=$stack\
&templateURL=https://BUCKET.s3.REGION.amazonaws.com/pipes.yaml&param_PackageBucket=BUCKET&param_PackageKey=$key\
&param_Domain=@DOMAIN@&param_HostedZone=@HOSTED_ZONE@&param_InstanceType=@INSTANCE_TYPE@\
&param_Architecture=@ARCHITECTURE@&param_Options=$in_link
END
    exit 1
}
command -v aws >/dev/null || by_hand

account=$(aws sts get-caller-identity --query Account --output text)
region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region)}}
bucket=pipes-packages-$account-$region
if ! aws s3api head-bucket --bucket "$bucket" >/dev/null 2>&1; then
    aws s3 mb "s3://$bucket" --region "$region"
fi
if ! aws s3api head-object --bucket "$bucket" --key "$key" >/dev/null 2>&1; then
    aws s3 cp --only-show-errors "$package" "s3://$bucket/$key"
fi
aws cloudformation deploy --region "$region" --stack-name "$stack" --template-file pipes.yaml \
    --capabilities CAPABILITY_IAM --no-fail-on-empty-changeset --parameter-overrides \
    'Domain=@DOMAIN@' 'HostedZone=@HOSTED_ZONE@' 'Options=@OPTIONS@' 'InstanceType=@INSTANCE_TYPE@' \
    'Architecture=@ARCHITECTURE@' "PackageBucket=$bucket" "PackageKey=$key"
aws cloudformation describe-stacks --region "$region" --stack-name "$stack" \
    --query 'Stacks[0].Outputs[].[OutputKey,OutputValue]' --output text
