"""Each rule of `emulator.rules`, on and off."""

import concurrent.futures
import functools
import gzip
import json
import time

import botocore.exceptions
from emulator.rules.document import conditions_hold

from .harness import REGION, EmulatorTest, allow

NOT_DELIVERED = ("InvalidParameterException", "Could not deliver test message to specified destination")
NOT_ASSUMED = ("ValidationException", "Make sure you have given CloudWatch Logs permission to assume the provided role")


class Destinations(EmulatorTest):
    def test_the_basic_case_is_allowed(self):
        arn = self.seed()
        self.group()
        self.subscribe(arn)
        found = self.client("logs", self.member).describe_subscription_filters(logGroupName="flow")
        self.assertEqual(found["subscriptionFilters"][0]["destinationArn"], arn)

    def test_the_role_must_exist(self):
        stream_arn, role_arn = self.stream(), f"arn:aws:iam::{self.logging}:role/nobody"
        with self.refused(*NOT_ASSUMED):
            self.destination(role_arn, stream_arn)
        with self.rules(destination_role=False):
            self.destination(role_arn, stream_arn)

    def test_the_role_must_trust_cloudwatch_logs(self):
        stream_arn = self.stream()
        role_arn = self.role(stream_arn, service="firehose.amazonaws.com")
        with self.refused(*NOT_ASSUMED):
            self.destination(role_arn, stream_arn)

    def test_the_role_must_trust_the_logging_account(self):
        stream_arn = self.stream()
        role_arn = self.role(stream_arn, trusted=[self.member])
        with self.refused(*NOT_ASSUMED):
            self.destination(role_arn, stream_arn)

    def test_a_condition_that_ends_in_if_exists_holds_without_a_value(self):
        condition = {"StringEqualsIfExists": {"aws:SourceOrgID": "o-1"}}
        self.assertTrue(conditions_hold(condition, {}))
        self.assertTrue(conditions_hold(condition, {"aws:SourceOrgID": "o-1"}))
        self.assertFalse(conditions_hold(condition, {"aws:SourceOrgID": "o-2"}))

    def test_the_role_must_be_allowed_to_put_records(self):
        stream_arn = self.stream()
        with self.refused(*NOT_DELIVERED):
            self.destination(self.role(stream_arn, action="kinesis:DescribeStream"), stream_arn)
        with self.refused(*NOT_DELIVERED):
            self.destination(self.role(stream_arn + "-other", name="other"), stream_arn)

    def test_the_stream_must_exist(self):
        absent = f"arn:aws:kinesis:{REGION}:{self.logging}:stream/absent"
        with self.refused(*NOT_DELIVERED):
            self.destination(self.role(absent), absent)

    def test_the_stream_must_be_active(self):
        with self.rules(stream_seconds=60):
            stream_arn = self.stream()
            role_arn = self.role(stream_arn)
            status = self.client("kinesis", self.logging).describe_stream_summary(StreamName="stream")
            self.assertEqual(status["StreamDescriptionSummary"]["StreamStatus"], "CREATING")
            with self.refused(*NOT_DELIVERED):
                self.destination(role_arn, stream_arn)
            with self.refused("ResourceInUseException", "not ACTIVE, instead in state CREATING"):
                self.client("kinesis", self.logging).increase_stream_retention_period(
                    StreamName="stream", RetentionPeriodHours=48
                )
        self.destination(role_arn, stream_arn)

    def test_a_customer_key_needs_its_permission(self):
        stream_arn = self.stream()
        key = f"arn:aws:kms:{REGION}:{self.logging}:key/1234"
        self.client("kinesis", self.logging).start_stream_encryption(
            StreamName="stream", EncryptionType="KMS", KeyId=key
        )
        role_arn = self.role(stream_arn)
        with self.refused(*NOT_DELIVERED):
            self.destination(role_arn, stream_arn)
        self.client("iam", self.logging).put_role_policy(
            RoleName="cwrole", PolicyName="key", PolicyDocument=allow("kms:GenerateDataKey", key)
        )
        self.destination(role_arn, stream_arn)

    def test_a_destination_cannot_be_created_with_tags(self):
        stream_arn = self.stream()
        role_arn = self.role(stream_arn)
        with self.refused(*NOT_DELIVERED):
            self.destination(role_arn, stream_arn, tags={"owner": "catchment"})
        with self.rules(destination_tags=False):
            self.destination(role_arn, stream_arn, tags={"owner": "catchment"})

    def test_a_policy_takes_account_ids_not_arns(self):
        stream_arn = self.stream()
        arn = self.destination(self.role(stream_arn), stream_arn)
        principal = {"AWS": f"arn:aws:iam::{self.member}:root"}
        with self.refused(
            "InvalidParameterException", "Principal section of policy contains ARN instead of account ID"
        ):
            self.policy(arn, principal)
        with self.rules(destination_policy=False):
            self.policy(arn, principal)

    def test_a_destination_policy_has_a_maximum_size(self):
        stream_arn = self.stream()
        arn = self.destination(self.role(stream_arn), stream_arn)
        many = {"AWS": [f"{number:012d}" for number in range(400)]}
        with self.refused("InvalidParameterException", "5120"):
            self.policy(arn, many)
        with self.rules(destination_policy=False):
            self.policy(arn, many)

    def test_a_new_role_is_usable_after_a_delay(self):
        with self.rules(propagation_seconds=60):
            stream_arn = self.stream()
            role_arn = self.role(stream_arn)
            with self.refused(*NOT_ASSUMED):
                self.destination(role_arn, stream_arn)
            # now the role is older than its own delay, and younger than that of its permissions
            time.sleep(1.5)
            self.control("rules", {"propagation_seconds": 1.5})
            with self.refused(*NOT_DELIVERED):
                self.destination(role_arn, stream_arn)
            time.sleep(1.5)
            self.destination(role_arn, stream_arn)


class SubscriptionFilters(EmulatorTest):
    def test_the_policy_must_name_the_account(self):
        arn = self.seed()
        stranger = self.member[:-1] + "9"
        self.client("logs", stranger).create_log_group(logGroupName="flow")
        action = "logs:PutSubscriptionFilter"
        expected = f"User with accountId: {stranger} is not authorized to perform: {action} on resource: {arn}"
        with self.refused("AccessDeniedException", expected):
            self.subscribe(arn, account=stranger)
        with self.rules(destination_policy=False, destination_role=False):
            self.subscribe(arn, account=stranger)

    def test_without_a_policy_nobody_can_subscribe(self):
        stream_arn = self.stream()
        arn = self.destination(self.role(stream_arn), stream_arn)
        self.group()
        with self.refused("AccessDeniedException", "is not authorized"):
            self.subscribe(arn)

    def test_the_role_must_trust_the_member(self):
        stream_arn = self.stream()
        arn = self.destination(self.role(stream_arn, trusted=[self.logging]), stream_arn)
        self.policy(arn, {"AWS": [self.member]})
        self.group()
        with self.refused(*NOT_DELIVERED):
            self.subscribe(arn)
        with self.rules(destination_role=False):
            self.subscribe(arn)

    def test_a_destination_serves_its_own_region(self):
        arn = self.seed()
        there = self.client("logs", self.member, region="eu-west-1")
        there.create_log_group(logGroupName="flow")
        with self.refused(*NOT_DELIVERED):
            there.put_subscription_filter(
                logGroupName="flow", filterName="catchment", filterPattern="", destinationArn=arn
            )

    def test_an_organisation_policy_requires_a_role(self):
        stream_arn = self.stream()
        arn = self.destination(self.role(stream_arn), stream_arn)
        self.policy(arn, "*", {"StringEquals": {"aws:PrincipalOrgID": "o-another"}})
        self.group()
        with self.refused("AccessDeniedException", "is not authorized"):
            self.subscribe(arn)
        self.policy(arn, "*", {"StringEquals": {"aws:PrincipalOrgID": "o-catchment0"}})
        with self.refused("InvalidParameterException", "Role ARN is required"):
            self.subscribe(arn)
        self.control("rules", {"outside": [self.member]})
        with self.refused("AccessDeniedException", "is not authorized"):
            self.subscribe(arn)
        self.control("rules", {"outside": []})
        log_group = f"arn:aws:logs:{REGION}:{self.member}:log-group:flow:*"
        iam = self.client("iam", self.member)
        trust = allow("sts:AssumeRole", "*", {"Service": "logs.amazonaws.com"})
        role = iam.create_role(RoleName="sender", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        with self.refused(*NOT_ASSUMED):
            self.subscribe(arn, roleArn=role)
        iam.put_role_policy(RoleName="sender", PolicyName="put", PolicyDocument=allow("logs:PutLogEvents", log_group))
        self.subscribe(arn, roleArn=role)
        with self.refused(*NOT_ASSUMED):
            self.subscribe(arn, roleArn=role.replace(self.member, self.logging))

    def test_a_list_becomes_an_organisation_only_by_force(self):
        arn = self.seed()
        document = json.loads(allow("logs:PutSubscriptionFilter", arn, "*"))
        document["Statement"][0]["Condition"] = {"StringEquals": {"aws:PrincipalOrgID": "o-catchment0"}}
        put = functools.partial(
            self.client("logs", self.logging).put_destination_policy,
            destinationName="dest",
            accessPolicy=json.dumps(document),
        )
        with self.refused("InvalidParameterException", "forceUpdate"):
            put()
        put(forceUpdate=True)

    def test_a_log_group_takes_two_filters(self):
        arn = self.seed()
        self.group()
        for name in ("one", "two", "two"):
            self.subscribe(arn, name=name)
        with self.refused("LimitExceededException", "Resource limit exceeded."):
            self.subscribe(arn, name="three")
        with self.rules(filters_max=0):
            self.subscribe(arn, name="three")


class Accounts(EmulatorTest):
    def test_log_group_names_may_be_reserved(self):
        with self.refused("InvalidParameterException", "Log groups starting with AWS/ are reserved"):
            self.group("aws/flow")
        with self.rules(reserved_names=False):
            self.group("aws/flow")

    def test_a_trust_policy_has_a_maximum_size(self):
        iam = self.client("iam", self.logging)
        long = allow("sts:AssumeRole", "*", {"AWS": [f"arn:aws:iam::{number:012d}:root" for number in range(80)]})
        with self.refused("LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048") as caught:
            iam.create_role(RoleName="long", AssumeRolePolicyDocument=long)
        self.assertEqual(caught.exception.response["ResponseMetadata"]["HTTPStatusCode"], 409)
        with self.rules(trust_policy_size=False):
            iam.create_role(RoleName="long", AssumeRolePolicyDocument=long)

    def test_five_calls_a_second(self):
        def look(client):
            try:
                client.describe_destinations()
            except botocore.exceptions.ClientError as error:
                return error.response["Error"]
            return None

        def look_often(**rules):
            logs = self.client("logs", self.logging, max_pool_connections=20)
            with self.rules(**rules), concurrent.futures.ThreadPoolExecutor(20) as pool:
                errors = [error for error in pool.map(look, [logs] * 40) if error]
                others = [self.client("logs", self.logging, region="eu-west-1"), self.client("logs", self.member)]
                self.assertEqual([look(other) for other in others], [None, None])
                return errors

        errors = look_often(quotas=True)
        self.assertTrue(5 <= len(errors) <= 35, errors)
        self.assertEqual((errors[0]["Code"], errors[0]["Message"]), ("ThrottlingException", "Rate exceeded"))
        self.assertEqual(look_often(quotas=False), [])

    def test_writes_to_one_log_group_conflict(self):
        self.group()

        def retain(days):
            try:
                self.client("logs", self.member).put_retention_policy(logGroupName="flow", retentionInDays=days)
            except botocore.exceptions.ClientError as error:
                return error.response["Error"]
            return None

        def all_at_once():
            with concurrent.futures.ThreadPoolExecutor() as pool:
                return [error for error in pool.map(retain, [1, 3, 5, 7]) if error]

        with self.rules(write_seconds=1.0):
            errors = all_at_once()
        self.assertEqual([error["Code"] for error in errors], ["OperationAbortedException"] * 3)
        self.assertIn("Please try again.", errors[0]["Message"])
        with self.rules(conflicts=False):
            self.assertEqual(all_at_once(), [])

    def test_describe_calls_match_by_prefix(self):
        for name in ("flow", "flow-other"):
            self.group(name)
        found = self.client("logs", self.member).describe_log_groups(logGroupNamePrefix="flow")
        self.assertEqual([one["logGroupName"] for one in found["logGroups"]], ["flow", "flow-other"])
        stream_arn = self.stream()
        role_arn = self.role(stream_arn)
        for name in ("dest", "dest-other"):
            self.client("logs", self.logging).put_destination(
                destinationName=name, targetArn=stream_arn, roleArn=role_arn
            )
        found = self.client("logs", self.logging).describe_destinations(DestinationNamePrefix="dest")
        self.assertEqual([one["destinationName"] for one in found["destinations"]], ["dest", "dest-other"])

    def test_accounts_do_not_see_each_other(self):
        self.seed()
        self.group()
        trust = allow("sts:AssumeRole", "*", {"Service": "firehose.amazonaws.com"})
        role = self.client("iam", self.logging).create_role(RoleName="fh", AssumeRolePolicyDocument=trust)["Role"][
            "Arn"
        ]
        self.client("s3", self.logging, s3={"addressing_style": "path"}).create_bucket(
            Bucket=f"logs-{self.logging}", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        self.client("firehose", self.logging).create_delivery_stream(
            DeliveryStreamName="firehose",
            ExtendedS3DestinationConfiguration={"RoleARN": role, "BucketARN": f"arn:aws:s3:::logs-{self.logging}"},
        )
        stranger = self.member[:-1] + "8"
        self.assertEqual(self.client("kinesis", stranger).list_streams()["StreamNames"], [])
        self.assertEqual(self.client("logs", stranger).describe_log_groups()["logGroups"], [])
        self.assertEqual(self.client("logs", stranger).describe_destinations()["destinations"], [])
        self.assertEqual(self.client("iam", stranger).list_roles()["Roles"], [])
        self.assertEqual(self.client("firehose", stranger).list_delivery_streams()["DeliveryStreamNames"], [])
        self.assertEqual(
            self.client("firehose", self.logging).list_delivery_streams()["DeliveryStreamNames"], ["firehose"]
        )
        self.assertEqual(self.client("kinesis", self.logging, region="eu-west-1").list_streams()["StreamNames"], [])


class Wire(EmulatorTest):
    def test_refusals_have_the_form_of_aws(self):
        arn = self.seed()
        self.group()
        with self.rules(filters_max=1):
            self.subscribe(arn, name="one")
            with self.refused("LimitExceededException", "") as caught:
                self.subscribe(arn, name="two")
        answer = caught.exception.response
        self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 400)
        self.assertEqual(answer["ResponseMetadata"]["HTTPHeaders"]["content-type"], "application/x-amz-json-1.1")
        self.assertTrue(answer["ResponseMetadata"]["RequestId"])
        self.assertEqual(type(caught.exception).__name__, "LimitExceededException", json.dumps(answer))

    def test_objects_pass_unchanged(self):
        s3 = self.client("s3", self.logging, s3={"addressing_style": "path"})
        s3.create_bucket(Bucket="objects", CreateBucketConfiguration={"LocationConstraint": REGION})
        packed = gzip.compress(b"one\ntwo\n")
        s3.put_object(Bucket="objects", Key="a=1/b c+d.gz", Body=packed, ContentEncoding="gzip")
        self.assertEqual(s3.get_object(Bucket="objects", Key="a=1/b c+d.gz")["Body"].read(), packed)
        self.assertEqual(s3.head_object(Bucket="objects", Key="a=1/b c+d.gz")["ContentLength"], len(packed))
        self.assertEqual(s3.list_objects_v2(Bucket="objects", Prefix="a=1/")["Contents"][0]["Key"], "a=1/b c+d.gz")
