"""Faults, the breakpoint and the journal."""

import contextlib
import time
import unittest
from threading import Thread

import botocore.exceptions
from emulator.call import Call
from emulator.faults import Faults, denial

from .harness import EmulatorTest


def call(operation="PutDestination", account="111122223333", service="logs"):
    """A call for the fault schedule."""
    return Call(region="us-west-2", service=service, operation=operation, account=account)


class Schedule(unittest.TestCase):
    def test_a_seed_gives_one_schedule_in_any_order(self):
        first, second = Faults(seed=7, rate=0.5), Faults(seed=7, rate=0.5)
        names = [f"Put{number}" for number in range(40)]
        forwards = {name: first.next(call(name, account=name)) for name in names}
        backwards = {name: second.next(call(name, account=name)) for name in reversed(names)}
        self.assertEqual(forwards, backwards)
        third = Faults(seed=8, rate=0.5)
        self.assertNotEqual(forwards, {name: third.next(call(name, account=name)) for name in names})

    def test_the_rate_is_met(self):
        faults = Faults(seed=1, rate=0.2, kinds=["error", "reset", "hang"])
        hit = sum(faults.next(call()) is not None for _ in range(2000))
        self.assertTrue(340 < hit < 460, hit)

    def test_a_throttle_refuses_several_calls_then_stops(self):
        faults = Faults(seed=1, rate=1.0, kinds=["throttle"], storm_calls=3)
        kinds = [faults.next(call()).kind for _ in range(3)]
        self.assertEqual(kinds, ["throttle"] * 3)
        calm = Faults(seed=1, rate=1.0, kinds=["throttle"], storm_calls=3)
        calm.next(call())
        calm.settings.rate = 0.0
        self.assertEqual([calm.next(call()) is None for _ in range(3)], [False, False, True])

    def test_only_the_given_accounts_and_operations_fail(self):
        faults = Faults(rate=1.0, accounts=["1"], operations=["PutDestination"])
        self.assertIsNone(faults.next(call(account="2")))
        self.assertIsNone(faults.next(call("DeleteDestination", account="1")))
        self.assertIsNotNone(faults.next(call(account="1")))

    def test_every_call_of_an_account_can_fail_but_those_to_sts(self):
        faults = Faults(of_accounts={"1": "denied"})
        self.assertEqual(faults.next(call(account="1")).kind, "denied")
        self.assertIsNone(faults.next(call("GetCallerIdentity", account="1", service="sts")))
        self.assertIsNone(faults.next(call(account="2")))

    def test_a_denial_names_the_account_and_the_action(self):
        text = str(denial(call(account="111122223333")))
        self.assertIn("arn:aws:iam::111122223333:user/operator is not authorized to perform: logs:PutDestination", text)


class Injected(EmulatorTest):
    def groups(self):
        """The member's log groups, read past faults and journal."""
        target = {"account": self.member, "region": "us-west-2", "service": "logs"}
        answer = self.control("aws", {**target, "operation": "DescribeLogGroups", "params": {}})
        return [group["logGroupName"] for group in answer["result"]["logGroups"]]

    def journal(self):
        """Outcome, status and code of each call."""
        return [(entry["outcome"], entry["status"], entry["code"]) for entry in self.control("calls")]

    def test_an_error_before_and_after_the_call(self):
        self.control("faults", {"rate": 1.0, "kinds": ["error"], "lost": 0.0})
        with self.refused("ServiceUnavailableException", ""):
            self.group()
        self.assertEqual(self.groups(), [])
        self.control("faults", {"rate": 1.0, "kinds": ["error"], "lost": 1.0})
        with self.refused("ServiceUnavailableException", ""):
            self.group()
        self.assertEqual(self.groups(), ["flow"])
        self.assertEqual(self.journal(), [("injected", None, "error"), ("injected", 200, "error")])

    def test_each_protocol_has_its_own_errors(self):
        self.control("faults", {"rate": 1.0, "kinds": ["throttle"]})
        with self.refused("ThrottlingException", "Rate exceeded"):
            self.group()
        with self.refused("Throttling", "Rate exceeded"):
            self.client("iam", self.member).list_roles()
        with self.refused("LimitExceededException", "Rate exceeded"):
            self.client("kinesis", self.member).list_streams()
        with self.refused("SlowDown", ""):
            self.client("s3", self.member, s3={"addressing_style": "path"}).list_objects_v2(Bucket="some")

    def test_a_reset(self):
        self.control("faults", {"rate": 1.0, "kinds": ["reset"], "lost": 0.0})
        with self.assertRaises(botocore.exceptions.ConnectionClosedError):
            self.group()
        self.assertEqual(self.journal(), [("injected", None, "reset")])

    def test_a_hang(self):
        self.control("faults", {"rate": 1.0, "kinds": ["hang"], "hang_seconds": 0.5})
        start = time.monotonic()
        with self.assertRaises(botocore.exceptions.ConnectionClosedError):
            self.group()
        self.assertGreater(time.monotonic() - start, 0.5)

    def test_a_part_of_the_records_is_refused_and_the_others_are_taken(self):
        kinesis = self.client("kinesis", self.logging)
        kinesis.create_stream(StreamName="logs", ShardCount=1)
        self.control("faults", {"rate": 1.0, "kinds": ["partial"]})
        records = [{"Data": f"{at}".encode(), "PartitionKey": "a"} for at in range(5)]
        answer = kinesis.put_records(StreamName="logs", Records=records)
        self.assertEqual(answer["FailedRecordCount"], 3)
        refused = ["ErrorCode" in result for result in answer["Records"]]
        self.assertEqual(refused, [True, False, True, False, True])
        first = {"ShardId": answer["Records"][1]["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = kinesis.get_shard_iterator(StreamName="logs", **first)["ShardIterator"]
        taken = kinesis.get_records(ShardIterator=iterator)["Records"]
        self.assertEqual([record["Data"] for record in taken], [b"1", b"3"])

    def test_the_journal_lists_refusals(self):
        with self.refused("InvalidParameterException", ""):
            self.group("aws/mine")
        [entry] = self.control("calls")
        self.assertEqual(entry["outcome"], "refused")
        self.assertEqual(entry["code"], "InvalidParameterException")
        self.assertEqual((entry["operation"], entry["resource"], entry["write"]), ("CreateLogGroup", "aws/mine", True))
        self.assertEqual((entry["account"], entry["region"], entry["service"]), (self.member, "us-west-2", "logs"))
        self.assertEqual(entry["parameters"], ["logGroupName"])

    def test_an_invalid_request_is_refused(self):
        for route, settings in (("rules", {"filter_max": 1}), ("faults", {"speed": 1}), ("aws", {"account": "1"})):
            with self.assertRaisesRegex(Exception, "400"):
                self.control(route, settings)


class Held(EmulatorTest):
    def groups_while_held(self, **settings):
        """Creates one group, then a second, which is held; returns the groups that exist meanwhile."""
        self.control("set_breakpoint", {"at": 2, **settings})
        self.group("one")
        # not joined: its connection breaks when the emulator ends
        Thread(target=self._try_group, args=("two",), daemon=True).start()
        self.assertTrue(self.control("await_breakpoint", {"seconds": 30})["held"])
        self.client("logs", self.logging).create_log_group(logGroupName="others")
        return Injected.groups(self)

    def _try_group(self, name):
        with contextlib.suppress(botocore.exceptions.BotoCoreError):
            self.group(name)

    def test_before_the_call(self):
        self.assertEqual(self.groups_while_held(), ["one"])

    def test_after_the_call(self):
        self.assertEqual(self.groups_while_held(when="after"), ["one", "two"])
        self.assertEqual([entry["outcome"] for entry in self.control("calls")], ["forwarded", "held", "forwarded"])

    def test_reads_do_not_count_as_writes(self):
        self.control("set_breakpoint", {"at": 1})
        self.client("logs", self.member).describe_log_groups()
        self.assertFalse(self.control("await_breakpoint", {"seconds": 0.1})["held"])
