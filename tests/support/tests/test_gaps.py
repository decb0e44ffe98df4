"""Each gap of ministack that `emulator.gaps` fills."""

import json

from .harness import EmulatorTest, allow


class Gaps(EmulatorTest):
    def test_a_destination_keeps_its_tags_until_it_is_deleted(self):
        stream_arn = self.stream()
        role_arn = self.role(stream_arn)
        arn = self.destination(role_arn, stream_arn)
        logs = self.client("logs", self.logging)
        logs.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
        logs.untag_resource(resourceArn=arn, tagKeys=["a"])
        self.assertEqual(logs.list_tags_for_resource(resourceArn=arn)["tags"], {"b": "2"})
        logs.delete_destination(destinationName="dest")
        with self.refused("ResourceNotFoundException", arn):
            logs.list_tags_for_resource(resourceArn=arn)
        self.destination(role_arn, stream_arn)
        self.assertEqual(logs.list_tags_for_resource(resourceArn=arn)["tags"], {})

    def test_putting_a_destination_again_keeps_its_policy(self):
        arn = self.seed()
        logs = self.client("logs", self.logging)
        before = logs.describe_destinations()["destinations"][0]
        self.destination(before["roleArn"], before["targetArn"])
        after = logs.describe_destinations()["destinations"][0]
        self.assertEqual(json.loads(after["accessPolicy"]), json.loads(before["accessPolicy"]))
        self.assertEqual(after["arn"], arn)

    def test_a_filter_keeps_its_system_fields_until_it_is_put_without(self):
        arn = self.seed()
        self.group()
        logs = self.client("logs", self.member)
        for fields in (["@aws.account", "@aws.region"], []):
            self.subscribe(arn, **({"emitSystemFields": fields} if fields else {}))
            [one] = logs.describe_subscription_filters(logGroupName="flow")["subscriptionFilters"]
            self.assertEqual(one.get("emitSystemFields", []), fields)

    def test_a_stream_is_created_with_tags_and_can_change_its_mode(self):
        kinesis = self.client("kinesis", self.logging)
        kinesis.create_stream(StreamName="stream", ShardCount=1, Tags={"a": "1"})
        self.assertEqual(kinesis.list_tags_for_stream(StreamName="stream")["Tags"], [{"Key": "a", "Value": "1"}])
        arn = f"arn:aws:kinesis:us-west-2:{self.logging}:stream/stream"
        for mode in ("ON_DEMAND", "PROVISIONED"):
            kinesis.update_stream_mode(StreamARN=arn, StreamModeDetails={"StreamMode": mode})
            summary = kinesis.describe_stream_summary(StreamName="stream")["StreamDescriptionSummary"]
            self.assertEqual(summary["StreamModeDetails"]["StreamMode"], mode)


class Permissions(EmulatorTest):
    options = {"auth": True, "rules": {"propagation_seconds": 0, "stream_seconds": 0, "quotas": False}}

    def operator(self, account, *statements):
        """A client of CloudWatch Logs with only these permissions."""
        iam = self.client("iam", account)
        iam.create_user(UserName="operator")
        document = {"Version": "2012-10-17", "Statement": [json.loads(allow(*one))["Statement"][0] for one in statements]}
        iam.put_user_policy(UserName="operator", PolicyName="all", PolicyDocument=json.dumps(document))
        key = iam.create_access_key(UserName="operator")["AccessKey"]
        return self.client("logs", account, key["AccessKeyId"], key["SecretAccessKey"])

    def test_permissions_are_checked_against_the_destinations_arn(self):
        stream_arn = self.stream()
        role_arn = self.role(stream_arn)
        arn = f"arn:aws:logs:us-west-2:{self.logging}:destination:dest"
        put = {"destinationName": "dest", "targetArn": stream_arn, "roleArn": role_arn}
        mine = self.operator(self.logging, ("logs:PutDestination", arn), ("iam:PassRole", role_arn))
        mine.put_destination(**put)
        with self.refused("AccessDeniedException", f"logs:PutDestination on resource: {arn}2"):
            mine.put_destination(**put | {"destinationName": "dest2"})
        with self.refused("AccessDeniedException", "logs:TagResource"):
            mine.tag_resource(resourceArn=arn, tags={"a": "1"})
        self.client("iam", self.logging).put_user_policy(
            UserName="operator", PolicyName="all", PolicyDocument=allow("logs:PutDestination", arn)
        )
        with self.refused("AccessDeniedException", f"iam:PassRole on resource: {role_arn}"):
            mine.put_destination(**put)

    def test_an_account_level_policy_needs_the_permission_for_filters_too(self):
        arn = self.seed()
        groups = f"arn:aws:logs:us-west-2:{self.member}:log-group:*"
        half = self.operator(self.member, ("logs:PutAccountPolicy", "*"))
        kind = "SUBSCRIPTION_FILTER_POLICY"
        put = {"policyName": "x", "policyType": kind, "policyDocument": json.dumps({"DestinationArn": arn})}

        def also(name, *allowed):
            policy = {"PolicyName": name, "PolicyDocument": allow("logs:PutSubscriptionFilter", *allowed)}
            self.client("iam", self.member).put_user_policy(UserName="operator", **policy)

        with self.refused("AccessDeniedException", "logs:PutSubscriptionFilter on resource"):
            half.put_account_policy(**put)
        also("more", groups)
        with self.refused("AccessDeniedException", f"accountId: {self.member} is not authorized"):
            half.put_account_policy(**put)
        also("most", arn)
        half.put_account_policy(**put)
        with self.refused("AccessDeniedException", "logs:DescribeAccountPolicies"):
            half.describe_account_policies(policyType=kind)
        with self.refused("AccessDeniedException", "logs:DeleteAccountPolicy"):
            half.delete_account_policy(policyName="x", policyType=kind)

    def test_a_subscriber_needs_the_action_on_the_destination_too(self):
        arn = self.seed()
        self.group()
        groups = f"arn:aws:logs:us-west-2:{self.member}:log-group:flow"
        half = self.operator(self.member, ("logs:PutSubscriptionFilter", groups))
        with self.refused("AccessDeniedException", f"accountId: {self.member} is not authorized"):
            half.put_subscription_filter(logGroupName="flow", filterName="x", filterPattern="", destinationArn=arn)
