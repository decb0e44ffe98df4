"""The demo as a new user runs it: in an empty home, with --once and without, leaving no files behind."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

DEMO = Path(__file__).resolve().parent
SECONDS_MAX = 300
PARTITIONS = (
    "account=111122223333/source=vpc-flow-logs",
    "account=111122223333/source=cloudtrail",
    "account=111122223333/source=guardduty",
    "account=444455556666/source=vpc-flow-logs",
    "account=444455556666/source=cloudtrail",
    "account=444455556666/source=guardduty",
    "account=999988887777/source=guardduty",
)


class Demo(unittest.TestCase):
    def setUp(self):
        self.home = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.scratch = Path(self.enterContext(tempfile.TemporaryDirectory()))
        # the demo must ignore what a user may have set
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "TMPDIR": str(self.scratch),
            "AWS_PROFILE": "production",
            "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
        }

    def start(self, *arguments):
        demo = subprocess.Popen(
            [sys.executable, DEMO, *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.addCleanup(demo.stdout.close)
        # a demo that hangs becomes a failure, not a stuck suite
        watchdog = threading.Timer(SECONDS_MAX, demo.kill)
        watchdog.start()
        self.addCleanup(watchdog.cancel)
        self.addCleanup(demo.wait)
        self.addCleanup(demo.kill)
        return demo

    def assert_no_files_left(self):
        self.assertEqual(list(self.home.iterdir()), [])
        self.assertEqual(list(self.scratch.iterdir()), [])

    def test_once_in_an_empty_home(self):
        demo = self.start("--once")
        text, _ = demo.communicate(timeout=SECONDS_MAX)
        self.assertEqual(demo.returncode, 0, text)
        for partition in PARTITIONS:
            self.assertIn(partition, text)
        self.assertIn("119 of 119 events", text)
        for fields in (r"destination\.port=\d+\s+network\.transport=tcp", r"event\.action=\w+\s+event\.outcome=success"):
            self.assertRegex(text, fields)
        self.assertRegex(text, r"Dropped +CONTROL_MESSAGE: .* 7\n")
        self.assertIn("10 in sync.", text)
        self.assertIn("7 proven.", text)
        self.assertNotIn("\033", text, "colour off a terminal")
        self.assert_no_files_left()

    def test_its_commands_work_until_ctrl_c(self):
        demo = self.start()
        lines = []
        for line in demo.stdout:
            lines.append(line.rstrip("\n"))
            if line.startswith("Waiting"):
                break
        else:
            self.fail("\n".join(lines))
        begin = next(number for number, line in enumerate(lines) if line.startswith("# "))
        pasted = "\n".join(lines[begin:-1])
        shell = subprocess.run(
            # -e: an interactive shell would continue after a failed command
            ["bash", "-e", "-o", "pipefail", "-c", pasted],
            env={"PATH": os.environ["PATH"], "HOME": str(self.home)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
            check=False,
        )
        self.assertEqual(shell.returncode, 0, f"{pasted}\n{shell.stdout}\n{shell.stderr}")
        self.assertIn('"original":"2 111122223333 eni-0123456789abcdef0', shell.stdout)
        self.assertRegex(shell.stdout, r"absent +subscription filter catchment-kinesisDest on cwl_vpc_fl_member_account_1")

        [endpoint] = [line.partition("=")[2] for line in lines if line.startswith("export AWS_ENDPOINT_URL=")]
        demo.send_signal(signal.SIGINT)
        self.assertEqual(demo.wait(SECONDS_MAX), 0)
        with self.assertRaises(urllib.error.URLError):
            urllib.request.urlopen(endpoint, timeout=1)
        self.assert_no_files_left()

    def test_a_killed_demo_leaves_no_process(self):
        demo = self.start()
        for line in demo.stdout:
            # printed only once the emulator runs
            if "$ catchment plan" in line:
                break
        children = Path(f"/proc/{demo.pid}/task/{demo.pid}/children").read_text().split()
        self.assertTrue(children)
        demo.kill()
        deadline = time.monotonic() + SECONDS_MAX
        while any(Path(f"/proc/{child}").exists() for child in children):
            self.assertLess(time.monotonic(), deadline, "the emulator outlives the demo")
            time.sleep(0.1)


if __name__ == "__main__":
    unittest.main()
