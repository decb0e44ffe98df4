"""The emulator on which the tests deploy templates: ministack, its stacks, and the objects that they deliver."""

import contextlib
import functools
import gzip
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import boto3

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
ACCOUNT, REGION = "999988887777", "us-west-2"
PATIENCE_SECONDS = 60


class Emulator:
    """ministack with its own port and home, for as long as a `with` block."""

    def __enter__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.home = tempfile.TemporaryDirectory()
        self.endpoint = f"http://127.0.0.1:{port}"
        self.environment = {
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "HOME": self.home.name,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "emulated",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.endpoint,
            "SAM_CLI_TELEMETRY": "0",
            "SAM_CLI_POLL_DELAY": "0.2",
        }
        self.log = open(Path(self.home.name) / "ministack.log", "w+")  # noqa: SIM115 - closed in __exit__
        self.process = subprocess.Popen(
            [BIN / "ministack"],
            env={**self.environment, "GATEWAY_PORT": str(port), "MINISTACK_REGION": REGION},
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        wait_for("the emulator", lambda: socket.create_connection(("127.0.0.1", port), 1).close() or True)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(PATIENCE_SECONDS)
        self.log.close()
        self.home.cleanup()

    def client(self, service):
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="emulated",
        )

    def run(self, *command):
        """Runs a tool of the virtual environment against the emulator."""
        name, *arguments = command
        done = subprocess.run([BIN / name, *arguments], env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise AssertionError(f"{command}:\n{done.stdout}\n{done.stderr}")

    @functools.cache  # noqa: B019 - one emulator for all tests
    def packaged(self, template):
        """The template, after an upload of its nested templates and the zip."""
        path = Path(self.home.name) / f"packaged-{template}"
        source = ROOT / "infra" / template
        self.run(
            *("aws", "cloudformation", "package", "--template-file", source, "--s3-bucket", "artefacts"),
            *("--output-template-file", path),
        )
        return path

    def deploy(self, template, stack, **parameters):
        """Creates or updates the stack, and waits until it is complete."""
        cloudformation = self.client("cloudformation")
        there = any(it["StackName"] == stack for it in cloudformation.describe_stacks()["Stacks"])
        (cloudformation.update_stack if there else cloudformation.create_stack)(
            StackName=stack,
            TemplateBody=self.packaged(template).read_text(),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        self.wait_for_stack(stack, "UPDATE_COMPLETE" if there else "CREATE_COMPLETE")

    def wait_for_stack(self, stack, status):
        def is_so():
            made = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
            if "ROLLBACK" in made["StackStatus"] or "FAILED" in made["StackStatus"]:
                raise AssertionError(f"{stack}: {made['StackStatus']} {made.get('StackStatusReason')}")
            return made["StackStatus"] == status

        wait_for(f"stack {stack}", is_so)

    def destroy(self, stack):
        cloudformation = self.client("cloudformation")
        identifier = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackId"]
        cloudformation.delete_stack(StackName=stack)

        def gone():
            return cloudformation.describe_stacks(StackName=identifier)["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE"

        wait_for(f"the end of stack {stack}", gone)

    def physical(self, stack):
        resources = self.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
        return {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}

    def objects(self, bucket):
        """The objects of a bucket: decompressed text by key."""
        return {key: gzip.decompress(data).decode() for key, data in self.raw_objects(bucket).items()}

    def raw_objects(self, bucket):
        s3 = self.client("s3")
        listed = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
        return {entry["Key"]: s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read() for entry in listed}


def wait_for(what, is_so):
    """Polls until it is so; an OSError counts as not yet."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if is_so():
                return
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {PATIENCE_SECONDS} seconds")
