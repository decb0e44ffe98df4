"""Where the fleet runs: the emulator, a home folder, and the program with 256 file descriptors."""

import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from measure import cpu

ROOT = Path(__file__).parents[2]
DESCRIPTORS_MAX = 256
# quotas as in AWS; no waiting for roles and streams, which is not what is measured
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
RULES = {"propagation_seconds": 0, "stream_seconds": 0, "write_seconds": 0}


class Machine:
    """The emulator, and the program beside it."""

    def __init__(self, program: Path, delivers: bool = False):
        self._program, self._delivers = program.resolve(), delivers
        self._local = threading.local()

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="catchment-fleet-")
        self.home = Path(self._folder.name)
        self._emulator = subprocess.Popen(
            [sys.executable, "-m", "emulator", json.dumps({"rules": RULES, "deliver": self._delivers})],
            cwd=ROOT / "tests/support",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._endpoint = json.loads(self._emulator.stdout.readline())["endpoint"]
        return self

    def __exit__(self, *_):
        self._emulator.stdin.close()
        self._emulator.wait()
        self._folder.cleanup()

    def start(self, line: str, output) -> subprocess.Popen:
        """Starts the program; both its outputs go to `output`."""
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(self.home),
            "AWS_CONFIG_FILE": str(self.home / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.home / "credentials"),
            "AWS_ENDPOINT_URL": self._endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        limited = ["sh", "-c", f'ulimit -n {DESCRIPTORS_MAX} && exec "$@"', "sh", str(self._program), *line.split()]
        return subprocess.Popen(limited, cwd=self.home, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output)

    def emulator_cpu(self) -> float:
        """Seconds of processor time that the emulator's processes took so far."""
        children = Path(f"/proc/{self._emulator.pid}/task").glob("*/children")
        processes = [self._emulator.pid, *(int(child) for one in children for child in one.read_text().split())]
        return sum(cpu(process) for process in processes)

    def control(self, route: str, settings: dict):
        """Drives the emulator: see `tests/support/emulator/control.py`."""
        return self._post(f"/_catchment/{route}", settings)

    def calls(self, calls: list[tuple[str, str, str, dict]]) -> None:
        """Makes calls to CloudWatch Logs, each with account, Region, operation and parameters, past all rules."""
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda call: self._call(*call), calls))

    def create_roles(self, roles: list[tuple[str, str]], trusted: str) -> None:
        """Creates roles, each with account and name, that the account `trusted` may assume, and that may do what a member's operator may."""
        statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{trusted}:root"}}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda role: self._create_role(*role, trust), roles))

    def subscribed(self) -> set[tuple[str, str, str]]:
        """Account, Region and name of each log group whose filter was accepted."""
        return {
            (call["account"], call["region"], call["resource"])
            for call in self.control("calls", {})
            if call["operation"] == "PutSubscriptionFilter" and call["status"] == 200
        }

    def repeat(self, calls: list[dict], filter_name: str, destination: str, at_a_time: int) -> float:
        """Makes the calls of a run again with a plain client, under the same rules. Returns the seconds that it takes: no program
        can be quicker on this emulator. Calls that were refused are left out, and those to the logging account."""
        params = {
            "GetCallerIdentity": lambda _: {},
            "AssumeRole": lambda call: {"RoleArn": call["resource"], "RoleSessionName": "again"},
            "DescribeLogGroups": lambda call: {"logGroupNamePrefix": call["resource"]},
            "DescribeSubscriptionFilters": lambda call: {"logGroupName": call["resource"]},
            "PutSubscriptionFilter": lambda call: {
                "logGroupName": call["resource"],
                "filterName": filter_name,
                "filterPattern": "",
                "destinationArn": destination.format(region=call["region"]),
                # the program's own default
                "distribution": "Random" if call["resource"].startswith("CloudTrail") else "ByLogStream",
            },
        }
        # a test event would be read by nobody
        stream = {"logStreamName": "again"}
        event = {"timestamp": int(time.time() * 1000), "message": "again"}
        params |= {
            "CreateLogStream": lambda call: {"logGroupName": call["resource"]} | stream,
            "PutLogEvents": lambda call: {"logGroupName": call["resource"], "logEvents": [event]} | stream,
            "DeleteLogStream": lambda call: {"logGroupName": call["resource"]} | stream,
            "DescribeLogStreams": lambda call: {"logGroupName": call["resource"]},
        }
        known = [call for call in calls if call["status"] == 200 and call["operation"] in params]
        began = time.monotonic()
        with ThreadPoolExecutor(at_a_time) as threads:
            list(threads.map(lambda call: self._again(call, params[call["operation"]](call)), known))
        return time.monotonic() - began

    def _again(self, call: dict, params: dict) -> None:
        headers = _signed(call["account"], call["region"], call["service"])
        if call["service"] == "sts":
            self._send(headers | FORM, urlencode({"Action": call["operation"], "Version": "2011-06-15"} | params))
        else:
            self._send(headers | _target(call["operation"]), json.dumps(params))

    def _call(self, account: str, region: str, operation: str, params: dict) -> None:
        headers = _signed(account, region, "logs") | _target(operation) | {"X-Catchment-Direct": "1"}
        status, body = self._send(headers, json.dumps(params))
        if status != 200:
            raise RuntimeError(f"{operation} {params}: {body.decode()}")

    def _create_role(self, account: str, name: str, trust: str) -> None:
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]}
        for operation, params in (
            ("CreateRole", {"AssumeRolePolicyDocument": trust}),
            ("PutRolePolicy", {"PolicyName": "operator", "PolicyDocument": json.dumps(policy)}),
        ):
            form = {"Action": operation, "Version": "2010-05-08", "RoleName": name} | params
            headers = _signed(account, "us-east-1", "iam") | FORM | {"X-Catchment-Direct": "1"}
            status, body = self._send(headers, urlencode(form))
            if status != 200:
                raise RuntimeError(f"{operation} {name} in {account}: {body.decode()}")

    def _post(self, path: str, params: dict):
        status, body = self._send({}, json.dumps(params), path)
        if status != 200:
            raise RuntimeError(f"{path} {params}: {body.decode()}")
        return json.loads(body or b"{}")

    def _send(self, headers: dict, body: str, path: str = "/") -> tuple[int, bytes]:
        if not hasattr(self._local, "connection"):
            self._local.connection = http.client.HTTPConnection(urlsplit(self._endpoint).netloc, timeout=300)
        self._local.connection.request("POST", path, body, headers)
        answer = self._local.connection.getresponse()
        return answer.status, answer.read()


def _signed(account: str, region: str, service: str) -> dict:
    scope = f"{account}/20260101/{region}/{service}/aws4_request"
    return {
        "X-Amz-Date": "20260101T000000Z",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={'0' * 64}",
    }


def _target(operation: str) -> dict:
    return {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"Logs_20140328.{operation}"}
