"""The demo's AWS: the tests' emulator, a folder of its own with named profiles, and programs that see nothing else."""

import json
import os
import platform
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import boto3
import fleet
import console
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
CATCHMENT = ROOT / "target" / "debug" / "catchment"
LAMBDA_ZIP = ROOT / "target" / "lambda" / "transformer.zip"
ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
END_SECONDS_MAX = 20


class Sandbox:
    """Everything the demo starts; all of it ends with the block, the folder too."""

    def __enter__(self):
        for built in (CATCHMENT, LAMBDA_ZIP):
            if not built.exists():
                raise console.Failure(f"{built.relative_to(ROOT)} is not there", "`make demo` builds it before it starts the demo.")
        self._folder = tempfile.TemporaryDirectory(prefix="catchment-demo-")
        self.folder = Path(self._folder.name)
        # a session of its own: Ctrl-C is for the demo, which then ends it in order
        self._emulator = subprocess.Popen(
            [sys.executable, "-m", "emulator", json.dumps({"deliver": True})],
            cwd=ROOT / "tests" / "support",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            self.endpoint = self._first_word()["endpoint"]
            self._write_profiles()
            self._forget_the_users_aws()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        # it ends itself, and all that it started, when its standard input closes
        self._emulator.stdin.close()
        try:
            self._emulator.wait(END_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._emulator.kill()
        self._emulator.stdout.close()
        self._folder.cleanup()

    @property
    def environment(self) -> dict[str, str]:
        """What programs get to see: nothing of the user's own AWS settings."""
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
        """The AWS variables alone, which a person exports to go on by hand."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_CONFIG_FILE": str(self.folder / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.folder / "credentials"),
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def run(self, line: str, hint: str, after: str = "", quiet: bool = False) -> None:
        """Runs a command line as a person would type it, and shows it with what it prints.

        Where it goes well, `quiet` shows nothing of that, and `after` only what comes from the line with that text on.
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
            raise console.Failure(f"`{line.split(' --')[0]}` ended with exit code {done.returncode}", hint)
        if not quiet:
            lines = done.stdout.splitlines()
            begin = next((number for number, text in enumerate(lines) if after in text), 0)
            console.output("\n".join((["…"] if begin else []) + lines[begin:]))

    def client(self, profile: str, service: str):
        """The plain AWS API, through a named profile."""
        return boto3.Session(profile_name=profile).client(service, config=Config(s3={"addressing_style": "path"}))

    def delivered(self) -> dict:
        """What the emulator put on the stream: see `tests/support/emulator/delivery.py`."""
        order = urllib.request.Request(f"{self.endpoint}/_catchment/delivered", data=b"{}", method="POST")
        with urllib.request.urlopen(order) as answer:
            return json.load(answer)

    @staticmethod
    def architecture() -> str:
        """This machine's processor, in Lambda's words."""
        return ARCHITECTURES[platform.machine()]

    def _first_word(self) -> dict:
        line = self._emulator.stdout.readline()
        if not line:
            raise console.Failure(
                "the emulator did not start",
                "Its own words stand above. `make setup` installs what it needs; `make clean setup` does so anew.",
            )
        return json.loads(line)

    def _forget_the_users_aws(self) -> None:
        """boto3 runs in this process, and reads its environment."""
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            del os.environ[name]
        os.environ |= self.aws_variables

    def _write_profiles(self) -> None:
        config, credentials = "", ""
        for account in fleet.MEMBERS:
            config += f"[profile {account.profile}]\nregion = {fleet.REGION}\n\n"
            # the emulator takes the access key for the account
            credentials += f"[{account.profile}]\naws_access_key_id = {account.number}\naws_secret_access_key = emulated\n\n"
        (self.folder / "config").write_text(config)
        (self.folder / "credentials").write_text(credentials)
        (self.folder / "catchment.toml").write_text(fleet.fleet_file())
