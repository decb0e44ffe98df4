"""Starts the ministack process on a free port, with its own folder."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import supervise

READY_SECONDS_MAX = 60.0
TRIES_MAX = 5


def start(folder: str, auth: bool, environment: dict) -> int:
    """Starts ministack and returns its port once it answers.

    ministack cannot choose its port itself, and another process may take the chosen one meanwhile: then this retries.
    """
    for _ in range(TRIES_MAX):
        port = _free_port()
        process = _launch(port, folder, auth, environment)
        if _ready(process, port):
            return port
    with open(_log(folder), encoding="utf-8", errors="replace") as log:
        raise RuntimeError(f"ministack did not start\n{log.read()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _log(folder: str) -> str:
    return os.path.join(folder, "ministack.log")


def _launch(port: int, folder: str, auth: bool, environment: dict) -> subprocess.Popen:
    settings = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": folder,
        "TMPDIR": folder,
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "AUTH": "true" if auth else "false",
        "S3_DATA_DIR": os.path.join(folder, "s3"),
        # these listen on fixed ports, which two emulators cannot share
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        **environment,
    }
    command = [sys.executable, "-m", "ministack"]
    with open(_log(folder), "ab") as log:
        return supervise.start(command, env=settings, stdout=log, stderr=log, cwd=folder)


def _ready(process: subprocess.Popen, port: int) -> bool:
    deadline = time.monotonic() + READY_SECONDS_MAX
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_ministack/health", timeout=5):
                # another ministack may have answered; ours would then have failed to bind the port
                time.sleep(0.01)
                return process.poll() is None and _listens(process.pid, port)
        except (OSError, urllib.error.URLError):
            time.sleep(0.02)
    return False


def _listens(pid: int, port: int) -> bool:
    """Whether this process, and no other, listens on the port."""
    sockets = set()
    for descriptor in os.scandir(f"/proc/{pid}/fd"):
        try:
            sockets.add(os.readlink(descriptor.path))
        except OSError:
            continue
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = (line.split() for line in table.readlines()[1:])
        return any(
            int(row[1].split(":")[1], 16) == port and row[3] == "0A" and f"socket:[{row[9]}]" in sockets for row in rows
        )
