"""The launcher: what it starts ends with it, and identity policies are enforced on request."""

import socket
import subprocess
import sys
import tempfile
import time
import unittest
import unittest.mock
from pathlib import Path

import supervise
from emulator import ministack

from .harness import SUPPORT, EmulatorTest, allow, launch


class Ends(unittest.TestCase):
    def setUp(self):
        self.process, self.ready = launch({})
        self.addCleanup(self.process.stdout.close)
        self.addCleanup(self.process.stdin.close)
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        self.pids = [self.process.pid, *(int(pid) for task in tasks for pid in task.read_text().split())]
        self.assertGreater(len(self.pids), 1)

    def assert_gone(self):
        """Waits until none of the emulator's processes runs."""
        deadline = time.monotonic() + 10
        while (left := [pid for pid in self.pids if _runs(pid)]) and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertEqual(left, [])

    def test_when_standard_input_closes(self):
        self.process.stdin.close()
        self.assertEqual(self.process.wait(10), 0)
        self.assert_gone()
        self.assertFalse(Path(self.ready["folder"]).exists())

    def test_on_sigterm(self):
        self.process.terminate()
        self.assertEqual(self.process.wait(10), 0)
        self.assert_gone()

    def test_when_it_is_killed(self):
        self.process.kill()
        self.process.wait(10)
        self.assert_gone()


class Supervise(unittest.TestCase):
    def supervise(self, **options):
        command = [sys.executable, SUPPORT / "supervise.py", "sh", "-c", "sleep 600 & echo $!; exec sleep 600"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, **options)
        self.addCleanup(process.stdout.close)
        return process

    def test_it_ends_what_its_command_started(self):
        process = self.supervise(stdin=subprocess.PIPE)
        grandchild = int(process.stdout.readline())
        process.stdin.close()
        self.assertEqual(process.wait(10), 143)
        self.assertFalse(_runs(grandchild))

    def test_also_if_standard_input_was_closed_before_it_began(self):
        for _ in range(10):
            process = self.supervise(stdin=subprocess.DEVNULL)
            self.assertEqual(process.wait(10), 143)
            # nothing is printed if the command ended before it started anything
            if grandchild := process.stdout.readline():
                self.assertFalse(_runs(int(grandchild)))


class Port(unittest.TestCase):
    def test_a_taken_port_is_replaced(self):
        with socket.socket() as other, tempfile.TemporaryDirectory() as folder:
            other.bind(("127.0.0.1", 0))
            other.listen()
            taken = other.getsockname()[1]
            self.addCleanup(supervise.end_children, 0)
            with unittest.mock.patch.object(ministack, "_free_port", side_effect=[taken, ministack._free_port()]):
                self.assertNotEqual(ministack.start(folder, False, {}), taken)


class Authorised(EmulatorTest):
    options = {"auth": True, **EmulatorTest.options}

    def operator(self, *actions):
        """A client for a user of the member account with only these permissions."""
        iam = self.client("iam", self.member)
        iam.create_user(UserName="operator")
        iam.put_user_policy(UserName="operator", PolicyName="may", PolicyDocument=allow(list(actions), "*"))
        key = iam.create_access_key(UserName="operator")["AccessKey"]
        return self.client("logs", self.member, key["AccessKeyId"], key["SecretAccessKey"])

    def test_identity_policies_are_enforced(self):
        logs = self.operator("logs:CreateLogGroup")
        logs.create_log_group(logGroupName="flow")
        with self.refused("AccessDeniedException", "logs:DeleteLogGroup"):
            logs.delete_log_group(logGroupName="flow")
        self.assertEqual([entry["account"] for entry in self.control("calls")][-2:], [self.member] * 2)

    def test_rules_find_a_users_account(self):
        arn = self.seed()
        self.group()
        logs = self.operator("logs:PutSubscriptionFilter")
        logs.put_subscription_filter(logGroupName="flow", filterName="one", filterPattern="", destinationArn=arn)


def _runs(pid):
    try:
        # Z: a zombie; X: one that is being removed
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
