"""Delivery of log events from a member's log group to the logging account's stream."""

import gzip
import json
import time

from .harness import REGION, EmulatorTest, allow


class Delivered(EmulatorTest):
    options = {"deliver": True, **EmulatorTest.options}

    def records(self):
        """The messages in the stream, decompressed, with their partition keys."""
        kinesis = self.client("kinesis", self.logging)
        start = kinesis.get_shard_iterator(
            StreamName="stream", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
        )
        found = kinesis.get_records(ShardIterator=start["ShardIterator"])["Records"]
        return [(record["PartitionKey"], json.loads(gzip.decompress(record["Data"]))) for record in found]

    def put(self, messages, log_stream="eni-1-all"):
        """Writes log events in the member account."""
        logs = self.client("logs", self.member)
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": message} for message in messages]
        logs.put_log_events(logGroupName="flow", logStreamName=log_stream, logEvents=events)
        return events

    def subscribed(self, **more):
        """Sets up a log group with two log streams and our filter."""
        arn = self.seed()
        self.group()
        for name in ("eni-1-all", "eni-2-all"):
            self.client("logs", self.member).create_log_stream(logGroupName="flow", logStreamName=name)
        self.subscribe(arn, **more)

    def test_a_control_message_comes_first(self):
        self.subscribed()
        [(_, message)] = self.records()
        self.assertEqual(message["messageType"], "CONTROL_MESSAGE")
        self.assertEqual((message["owner"], message["logGroup"], message["logStream"]), ("CloudwatchLogs", "", ""))
        self.assertEqual(message["logEvents"][0]["id"], "")
        self.assertEqual(
            message["logEvents"][0]["message"], "CWL CONTROL MESSAGE: Checking health of destination Kinesis stream."
        )

    def test_events_arrive_unchanged(self):
        self.subscribed()
        before = len(self.control("delivered")["messages"])
        texts = ["2 111122223333 eni-1 …", 'quotes " and \\ and \u2028', "\U0001f600"]
        events = self.put(texts)
        [_, (_, message)] = self.records()
        self.assertEqual(
            {key: message[key] for key in ("messageType", "owner", "logGroup", "logStream", "subscriptionFilters")},
            {
                "messageType": "DATA_MESSAGE",
                "owner": self.member,
                "logGroup": "flow",
                "logStream": "eni-1-all",
                "subscriptionFilters": ["catchment"],
            },
        )
        self.assertEqual([event["message"] for event in message["logEvents"]], texts)
        self.assertEqual(
            [event["timestamp"] for event in message["logEvents"]], [event["timestamp"] for event in events]
        )
        ids = [event["id"] for event in message["logEvents"]]
        self.assertEqual([len(one) for one in ids], [56] * 3)
        self.assertTrue(all(one.isdigit() for one in ids))
        self.assertEqual(len(set(ids)), 3)

        [recorded] = self.control("delivered")["messages"][before:]
        self.assertEqual(recorded["events"], message["logEvents"])
        self.assertEqual(recorded["stream_arn"], f"arn:aws:kinesis:{REGION}:{self.logging}:stream/stream")
        self.assertEqual((recorded["owner"], recorded["log_group"], recorded["filters"]), (self.member, "flow", ["catchment"]))

    def test_distribution_by_log_stream(self):
        self.subscribed()
        for log_stream in ("eni-1-all", "eni-1-all", "eni-2-all"):
            self.put(["one"], log_stream)
        keys = [key for key, _ in self.records()[1:]]
        self.assertEqual([keys[0] == keys[1], keys[1] == keys[2]], [True, False])

    def test_distribution_at_random(self):
        self.subscribed(distribution="Random")
        for _ in range(3):
            self.put(["one"])
        self.assertEqual(len({key for key, _ in self.records()[1:]}), 3)

    def test_what_the_role_does_not_allow_is_refused(self):
        self.subscribed()
        self.client("iam", self.logging).delete_role_policy(RoleName="cwrole", PolicyName="put")
        before = self.control("delivered")["refused"]
        self.put(["unseen"])
        self.assertEqual(self.control("delivered")["refused"], [*before, "flow"])
        self.assertEqual([message["messageType"] for _, message in self.records()], ["CONTROL_MESSAGE"])

    def test_a_filter_without_a_role_is_refused_once_only_an_organisation_may_subscribe(self):
        self.subscribed()
        before = self.control("delivered")["refused"]
        self.put(["seen"])
        condition = {"StringEquals": {"aws:PrincipalOrgID": "o-catchment0"}}
        arn = f"arn:aws:logs:{REGION}:{self.logging}:destination:dest"
        self.client("logs", self.logging).put_destination_policy(
            destinationName="dest",
            accessPolicy=allow("logs:PutSubscriptionFilter", arn, "*", condition),
            forceUpdate=True,
        )
        self.put(["unseen"])
        self.assertEqual(self.control("delivered")["refused"], [*before, "flow"])

        iam = self.client("iam", self.member)
        trust = allow("sts:AssumeRole", "*", {"Service": "logs.amazonaws.com"})
        role = iam.create_role(RoleName="sender", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        log_group = f"arn:aws:logs:{REGION}:{self.member}:log-group:flow:*"
        iam.put_role_policy(RoleName="sender", PolicyName="put", PolicyDocument=allow("logs:PutLogEvents", log_group))
        self.subscribe(arn, roleArn=role)
        self.put(["seen again"])
        self.assertEqual(self.control("delivered")["refused"], [*before, "flow"])
        iam.delete_role_policy(RoleName="sender", PolicyName="put")
        self.put(["unseen again"])
        self.assertEqual(self.control("delivered")["refused"], [*before, "flow", "flow"])

    def test_a_pattern_lets_pass_what_has_all_its_terms(self):
        self.subscribed(filterPattern="one two")
        self.put(["one", "two and one", "three"])
        [_, (_, message)] = self.records()
        self.assertEqual([event["message"] for event in message["logEvents"]], ["two and one"])
        tested = self.client("logs", self.member).test_metric_filter(
            filterPattern="one two", logEventMessages=["one", "two and one"]
        )
        self.assertEqual([one["eventNumber"] for one in tested["matches"]], [2])

    def test_a_full_stream_takes_nothing_and_is_counted(self):
        self.subscribed()
        self.control("rules", {"stream_full": True})
        try:
            self.put(["late"])
        finally:
            self.control("rules", {"stream_full": False})
        self.assertEqual([message["messageType"] for _, message in self.records()], ["CONTROL_MESSAGE"])

    def test_an_unsubscribed_group_delivers_nothing(self):
        self.subscribed()
        self.client("logs", self.member).delete_subscription_filter(logGroupName="flow", filterName="catchment")
        self.put(["one"])
        self.assertEqual(len(self.records()), 1)


class DeliveredAtLeastOnce(EmulatorTest):
    options = {"deliver": True, "deliver_twice_every": 2, **EmulatorTest.options}

    def test_some_messages_are_delivered_and_recorded_twice(self):
        arn = self.seed()
        self.group()
        logs = self.client("logs", self.member)
        logs.create_log_stream(logGroupName="flow", logStreamName="eni-1-all")
        self.subscribe(arn)
        now = int(time.time() * 1000)
        for text in ("once", "twice"):
            events = [{"timestamp": now, "message": text}]
            logs.put_log_events(logGroupName="flow", logStreamName="eni-1-all", logEvents=events)
        recorded = [message["events"] for message in self.control("delivered")["messages"]]
        self.assertEqual([events[0]["message"] for events in recorded], ["once", "twice", "twice"])
        self.assertEqual(recorded[1], recorded[2])


class NotDelivered(EmulatorTest):
    def test_nothing_is_delivered_by_default(self):
        arn = self.seed()
        self.group()
        self.subscribe(arn)
        self.assertEqual(self.control("delivered"), {"messages": [], "control_messages": [], "refused": []})
