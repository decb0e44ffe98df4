"""Runs an emulator for a test class, and sets up the basic case: stream, role, destination, filter."""

import contextlib
import itertools
import json
import subprocess
import sys
import unittest
import urllib.request
from pathlib import Path

import botocore.config
import botocore.exceptions
import botocore.session

SUPPORT = Path(__file__).parents[1]
REGION = "us-west-2"
NUMBERS = itertools.count(1)


def launch(options):
    """Starts an emulator; returns its process and the JSON that it printed when ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "emulator", json.dumps(options)],
        cwd=SUPPORT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    return process, json.loads(process.stdout.readline())


class EmulatorTest(unittest.TestCase):
    """One emulator for the class; each test has its own accounts."""

    options: dict = {"rules": {"propagation_seconds": 0, "stream_seconds": 0, "quotas": False}}

    @classmethod
    def setUpClass(cls):
        cls.process, ready = launch(cls.options)
        cls.endpoint = ready["endpoint"]
        cls.session = botocore.session.Session()

    @classmethod
    def tearDownClass(cls):
        cls.process.stdin.close()
        cls.process.wait()
        cls.process.stdout.close()

    def setUp(self):
        number = next(NUMBERS)
        self.logging, self.member = f"{number:06d}000001", f"{number:06d}000002"
        self.control("clear_calls")

    def tearDown(self):
        self.control("faults")
        self.control("set_breakpoint")

    def client(self, service, account, key=None, secret="test", region=REGION, **config):
        """A client that does not retry."""
        return self.session.create_client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id=key or account,
            aws_secret_access_key=secret,
            config=botocore.config.Config(retries={"total_max_attempts": 1}, **config),
        )

    def control(self, route, settings=None):
        """Calls one of the routes of `emulator.control`."""
        request = urllib.request.Request(f"{self.endpoint}/_catchment/{route}", json.dumps(settings or {}).encode())
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    @contextlib.contextmanager
    def rules(self, **settings):
        """Other rules within the block; this class's afterwards."""
        defaults = {"destination_policy": True, "destination_role": True, "destination_tags": True, "filters_max": 2}
        defaults |= {"conflicts": True, "write_seconds": 0.01, "reserved_names": True, "trust_policy_size": True}
        self.control("rules", settings)
        try:
            yield
        finally:
            self.control("rules", defaults | self.options["rules"])

    @contextlib.contextmanager
    def refused(self, code, text):
        """Expects AWS to refuse the call within the block, with this code and a message that contains this text."""
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            yield caught
        error = caught.exception.response["Error"]
        self.assertEqual(error["Code"], code, error)
        self.assertIn(text, error["Message"])

    def stream(self, name="stream"):
        """Creates the logging account's stream; returns its ARN."""
        self.client("kinesis", self.logging).create_stream(StreamName=name, ShardCount=1)
        return f"arn:aws:kinesis:{REGION}:{self.logging}:stream/{name}"

    def role(self, stream_arn, trusted=None, service="logs.amazonaws.com", action="kinesis:PutRecord", name="cwrole"):
        """Creates the logging account's role; returns its ARN."""
        accounts = trusted or [self.logging, self.member]
        trust = {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"Service": service},
                "Action": "sts:AssumeRole",
                "Condition": {"StringLike": {"aws:SourceArn": [f"arn:aws:logs:{REGION}:{one}:*" for one in accounts]}},
            },
        }
        iam = self.client("iam", self.logging)
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        iam.put_role_policy(RoleName=name, PolicyName="put", PolicyDocument=allow(action, stream_arn))
        return made["Role"]["Arn"]

    def destination(self, role_arn, stream_arn, **more):
        """Creates the logging account's destination; returns its ARN."""
        made = self.client("logs", self.logging).put_destination(
            destinationName="dest", targetArn=stream_arn, roleArn=role_arn, **more
        )
        return made["destination"]["arn"]

    def policy(self, destination_arn, principal, condition=None):
        """Sets the destination policy."""
        self.client("logs", self.logging).put_destination_policy(
            destinationName="dest",
            accessPolicy=allow("logs:PutSubscriptionFilter", destination_arn, principal, condition),
        )

    def seed(self):
        """Creates stream, role, destination and policy for the member; returns the destination's ARN."""
        stream_arn = self.stream()
        destination_arn = self.destination(self.role(stream_arn), stream_arn)
        self.policy(destination_arn, {"AWS": [self.member]})
        return destination_arn

    def group(self, name="flow"):
        """Creates a log group in the member account."""
        self.client("logs", self.member).create_log_group(logGroupName=name)

    def subscribe(self, destination_arn, name="catchment", group="flow", account=None, **more):
        """Creates a subscription filter in the member account."""
        self.client("logs", account or self.member).put_subscription_filter(
            **{"logGroupName": group, "filterName": name, "filterPattern": "", "destinationArn": destination_arn, **more}
        )


def allow(action, resource, principal=None, condition=None):
    """A policy document with one statement."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    statement |= {"Principal": principal} if principal else {}
    statement |= {"Condition": condition} if condition else {}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
