//! A Lambda binary under AWS's own Runtime Interface Emulator, invoked over HTTP as Firehose would.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{http, repository};

const READY_SECONDS_MAX: u64 = 20;
/// Firehose allows a transformation five minutes at most.
const FUNCTION_TIMEOUT_SECONDS: &str = "300";
/// Runs the binary in the memory that infra/logging.yaml gives it, 512 MB, counted strictly: as address space.
const LIMITED: &str = "ulimit -v 524288; exec \"$0\"";

/// A running emulator with `binary` as its `bootstrap`. Dropping it ends everything that it started.
pub(crate) struct Lambda {
    supervisor: Child,
    address: SocketAddr,
    binary: PathBuf,
    output: tempfile::TempDir,
}

impl Lambda {
    /// Starts the emulator with only the variables of `environment`.
    ///
    /// Unlike AWS, the emulator starts `binary` at the first invocation: if a setting stops the
    /// binary, the response is 502 without a body, and [`Lambda::log`] has the reason.
    pub(crate) fn start(binary: &Path, environment: &[(&str, &str)]) -> Self {
        let address = unused_address();
        let output = tempfile::tempdir().expect("a folder for the Lambda's output");
        let create =
            |name| File::create(output.path().join(name)).expect("a file for the Lambda's output");
        let supervisor = Command::new(repository().join(".venv/bin/python"))
            .arg(repository().join("tests/support/supervise.py"))
            .arg(runtime_interface_emulator())
            .args(["--runtime-interface-emulator-address", &address.to_string()])
            .args(["--runtime-api-address", &unused_address().to_string()])
            .args(["/bin/sh", "-c", LIMITED])
            .arg(binary)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("AWS_LAMBDA_FUNCTION_TIMEOUT", FUNCTION_TIMEOUT_SECONDS)
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(create("log"))
            .stderr(create("emulator"))
            .spawn()
            .expect("python from .venv (make setup)");
        let mut lambda = Self {
            supervisor,
            address,
            binary: binary.to_owned(),
            output,
        };
        lambda.wait_ready();
        lambda
    }

    /// Sends one event and returns the HTTP status and body of the response.
    pub(crate) fn invoke(&self, event: &[u8]) -> (u16, Vec<u8>) {
        self.try_invoke(event).unwrap_or_else(|error| {
            panic!("invoking the Lambda: {error}\n{}", self.written("emulator"))
        })
    }

    /// As [`Lambda::invoke`], but returns an error if there is no response.
    pub(crate) fn try_invoke(&self, event: &[u8]) -> std::io::Result<(u16, Vec<u8>)> {
        http::post(
            self.address,
            "/2015-03-31/functions/function/invocations",
            event,
        )
    }

    /// Kills the function, as Lambda does at its timeout. The next invocation starts it again.
    pub(crate) fn kill(&self) {
        let pid = self.function_pid().to_string();
        let killed = Command::new("kill").args(["-KILL", &pid]).status();
        assert!(killed.is_ok_and(|status| status.success()), "kill {pid}");
    }

    /// The Lambda's log so far: both outputs of the binary, with START and END lines.
    pub(crate) fn log(&self) -> String {
        self.written("log")
    }

    /// The peak memory of the function's process so far, in KiB.
    pub(crate) fn peak_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.function_pid()))
            .expect("the status of the function's process");
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .expect("VmHWM");
        line.trim()
            .trim_end_matches(" kB")
            .parse()
            .expect("a number of KiB")
    }

    /// The process that runs `binary`, a child of the emulator.
    fn function_pid(&self) -> u32 {
        let binary = fs::canonicalize(&self.binary).expect("the binary's path");
        let mut pids = vec![self.supervisor.id()];
        while let Some(pid) = pids.pop() {
            if fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|path| path == binary) {
                return pid;
            }
            // a Go program starts its children from any of its threads
            let tasks = fs::read_dir(format!("/proc/{pid}/task"))
                .into_iter()
                .flatten();
            pids.extend(
                tasks
                    .filter_map(|task| {
                        let list = fs::read_to_string(task.ok()?.path().join("children")).ok()?;
                        Some(
                            list.split_whitespace()
                                .filter_map(|pid| pid.parse().ok())
                                .collect::<Vec<u32>>(),
                        )
                    })
                    .flatten(),
            );
        }
        panic!("the function is not running\n{}", self.written("emulator"))
    }

    fn written(&self, name: &str) -> String {
        let bytes = fs::read(self.output.path().join(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn wait_ready(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(READY_SECONDS_MAX);
        while TcpStream::connect(self.address).is_err() {
            let ended = self
                .supervisor
                .try_wait()
                .expect("the state of the emulator");
            assert!(
                ended.is_none() && Instant::now() < deadline,
                "the Lambda emulator did not start at {}: {ended:?}\n{}",
                self.address,
                self.written("emulator")
            );
            sleep(Duration::from_millis(10));
        }
    }
}

/// The binary that `make lambda` built for this machine.
pub(crate) fn bootstrap() -> PathBuf {
    let architecture = if cfg!(target_arch = "aarch64") {
        "arm64"
    } else {
        "x86_64"
    };
    let path = repository()
        .join("target/lambda")
        .join(architecture)
        .join("bootstrap");
    assert!(path.exists(), "no {}: run `make lambda`", path.display());
    path
}

impl Drop for Lambda {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        let _ = self.supervisor.wait();
    }
}

/// A local address that no other process uses: an address in `127/8` made of our process id.
///
/// Binding and releasing a free port instead would race with other tests that do the same.
fn unused_address() -> SocketAddr {
    static PORT: AtomicU16 = AtomicU16::new(9000);
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    let host = Ipv4Addr::new(127, 64 + high, middle, low);
    SocketAddr::new(host.into(), PORT.fetch_add(1, Ordering::Relaxed))
}

/// AWS's emulator from the package aws-sam-cli, for this machine's processor.
fn runtime_interface_emulator() -> PathBuf {
    let processor = match std::env::consts::ARCH {
        "aarch64" => "arm64",
        other => other,
    };
    let name = format!("samcli/local/rapid/aws-lambda-rie-{processor}");
    let libraries = repository().join(".venv/lib");
    fs::read_dir(&libraries)
        .unwrap_or_else(|error| panic!("{}: {error}: run `make setup`", libraries.display()))
        .filter_map(|entry| Some(entry.ok()?.path().join("site-packages").join(&name)))
        .find(|path| path.exists())
        .unwrap_or_else(|| panic!("no {name} below {}: run `make setup`", libraries.display()))
}
