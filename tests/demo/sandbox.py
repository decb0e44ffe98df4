"""The demo's AWS: the tests' emulator, and a temporary folder with named profiles that the demo's programs use."""

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import boto3
import console
import fleet
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
CATCHMENT = ROOT / "target" / "debug" / "catchment"
LAMBDA_ZIP = ROOT / "target" / "lambda" / "transformer.zip"
EXIT_SECONDS_MAX = 20


class Sandbox:
    """Everything that the demo starts. All of it ends with the block, and the folder is removed."""

    def __enter__(self):
        for built in (CATCHMENT, LAMBDA_ZIP):
            if not built.exists():
                raise console.Failure(f"{built.relative_to(ROOT)} does not exist", "Run `make demo`, which builds it first.")
        self._folder = tempfile.TemporaryDirectory(prefix="catchment-demo-")
        self.folder = Path(self._folder.name)
        # in its own session, so that Ctrl-C reaches only the demo, which then ends the emulator
        self._emulator = subprocess.Popen(
            [sys.executable, "-m", "emulator", json.dumps({"deliver": True})],
            cwd=ROOT / "tests" / "support",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            self.endpoint = self._ready_line()["endpoint"]
            self._write_profiles()
            self._clear_aws_variables()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        # it exits, with all that it started, when its standard input closes
        self._emulator.stdin.close()
        try:
            self._emulator.wait(EXIT_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._emulator.kill()
        self._emulator.stdout.close()
        self._folder.cleanup()

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the demo's programs, without the user's AWS settings."""
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "TERM", "LANG", "LC_ALL", "TMPDIR")}
        return kept | {
            "PATH": f"{CATCHMENT.parent}:{BIN}:{kept['PATH']}",
            "HOME": str(self.folder),
            "NO_COLOR": "1",
            "SAM_CLI_TELEMETRY": "0",
            "SAM_CLI_POLL_DELAY": "0.2",
            **self.aws_variables,
        }

    @property
    def aws_variables(self) -> dict[str, str]:
        """Only the AWS variables, which a user exports to try commands."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_CONFIG_FILE": str(self.folder / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.folder / "credentials"),
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def run(self, line: str, hint: str, after: str = "", quiet: bool = False) -> None:
        """Runs a shell command and prints it with its output.

        If it succeeds, `quiet` omits the output, and `after` all output before the first line with that text.
        """
        console.command(line)
        done = subprocess.run(
            ["/bin/sh", "-c", line],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            console.output(done.stdout)
            raise console.Failure(f"`{line.split(' --')[0]}` failed with exit code {done.returncode}", hint)
        if not quiet:
            lines = done.stdout.splitlines()
            begin = next((number for number, text in enumerate(lines) if after in text), 0)
            console.output("\n".join((["…"] if begin else []) + lines[begin:]))

    def client(self, profile: str, service: str):
        """A boto3 client for a named profile."""
        return boto3.Session(profile_name=profile).client(service, config=Config(s3={"addressing_style": "path"}))

    def delivered(self) -> dict:
        """What the emulator delivered: see `tests/support/emulator/delivery.py`."""
        request = urllib.request.Request(f"{self.endpoint}/_catchment/delivered", data=b"{}", method="POST")
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def _ready_line(self) -> dict:
        line = self._emulator.stdout.readline()
        if not line:
            raise console.Failure(
                "the emulator did not start",
                "Its output is printed above. `make setup` installs what it needs; `make clean setup` reinstalls it.",
            )
        return json.loads(line)

    def _clear_aws_variables(self) -> None:
        """Replaces the user's AWS variables, because boto3 reads this process's environment."""
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            del os.environ[name]
        os.environ |= self.aws_variables

    def _write_profiles(self) -> None:
        config, credentials = "", ""
        for account in fleet.MEMBERS:
            config += f"[profile {account.profile}]\nregion = {fleet.REGION}\n\n"
            # the emulator takes the access key as the account
            credentials += f"[{account.profile}]\naws_access_key_id = {account.number}\naws_secret_access_key = emulated\n\n"
        (self.folder / "config").write_text(config)
        (self.folder / "credentials").write_text(credentials)
        (self.folder / "catchment.toml").write_text(fleet.fleet_file())
