"""Faults, halts and the journal."""

import contextlib
import time
import unittest
from threading import Thread

import botocore.exceptions
from emulator.call import Call
from emulator.faults import Faults

from .world import EmulatorTest


def call(operation="PutDestination", account="111122223333", service="logs"):
    """A call as the fault schedule sees it."""
    return Call(region="us-west-2", service=service, operation=operation, account=account)


class Schedule(unittest.TestCase):
    def test_one_seed_one_schedule_whatever_the_order(self):
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

    def test_a_storm_passes(self):
        faults = Faults(seed=1, rate=1.0, kinds=["throttle"], storm_calls=3)
        kinds = [faults.next(call()).kind for _ in range(3)]
        self.assertEqual(kinds, ["throttle"] * 3)
        calm = Faults(seed=1, rate=1.0, kinds=["throttle"], storm_calls=3)
        calm.next(call())
        calm.settings.rate = 0.0
        self.assertEqual([calm.next(call()) is None for _ in range(3)], [False, False, True])

    def test_only_where_they_are_wanted(self):
        faults = Faults(rate=1.0, accounts=["1"], operations=["PutDestination"])
        self.assertIsNone(faults.next(call(account="2")))
        self.assertIsNone(faults.next(call("DeleteDestination", account="1")))
        self.assertIsNotNone(faults.next(call(account="1")))


class Injected(EmulatorTest):
    def groups(self):
        """The member's log groups, looked at by hand."""
        order = {"account": self.member, "region": "us-west-2", "service": "logs"}
        answer = self.control("aws", {**order, "operation": "DescribeLogGroups", "params": {}})
        return [group["logGroupName"] for group in answer["result"]["logGroups"]]

    def journal(self):
        """Outcome, status and code of every call."""
        return [(entry["outcome"], entry["status"], entry["code"]) for entry in self.control("calls")]

    def test_an_error_before_and_after(self):
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

    def test_refusals_are_listed(self):
        with self.refused("InvalidParameterException", ""):
            self.group("aws/mine")
        [entry] = self.control("calls")
        self.assertEqual(entry["outcome"], "refused")
        self.assertEqual(entry["code"], "InvalidParameterException")
        self.assertEqual((entry["operation"], entry["resource"], entry["write"]), ("CreateLogGroup", "aws/mine", True))
        self.assertEqual((entry["account"], entry["region"], entry["service"]), (self.member, "us-west-2", "logs"))
        self.assertEqual(entry["parameters"], ["logGroupName"])

    def test_a_mistake_in_a_test_is_told(self):
        for verb, order in (("rules", {"filter_max": 1}), ("faults", {"speed": 1}), ("aws", {"account": "1"})):
            with self.assertRaisesRegex(Exception, "400"):
                self.control(verb, order)


class Halted(EmulatorTest):
    def halted(self, **settings):
        """Makes one group, then a second that is held; what groups there are while it is."""
        self.control("halt", {"at": 2, **settings})
        self.group("one")
        # the connection breaks when the emulator ends: nobody waits for this one
        Thread(target=self._try_group, args=("two",), daemon=True).start()
        self.assertTrue(self.control("halted", {"seconds": 30})["halted"])
        self.client("logs", self.logging).create_log_group(logGroupName="others go on")
        return Injected.groups(self)

    def _try_group(self, name):
        with contextlib.suppress(botocore.exceptions.BotoCoreError):
            self.group(name)

    def test_before(self):
        self.assertEqual(self.halted(), ["one"])

    def test_after(self):
        self.assertEqual(self.halted(when="after"), ["one", "two"])
        self.assertEqual([entry["outcome"] for entry in self.control("calls")], ["forwarded", "halted", "forwarded"])

    def test_reads_do_not_count_among_writes(self):
        self.control("halt", {"at": 1})
        self.client("logs", self.member).describe_log_groups()
        self.assertFalse(self.control("halted", {"seconds": 0.1})["halted"])
