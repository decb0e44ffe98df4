//! A network as companies have them, before the emulator: a proxy, and TLS under a CA that nobody knows.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::emulator::Emulator;
use super::repository;

/// Ends when dropped. `tests/support/private_network.py` says what it does.
pub(crate) struct Network {
    process: Child,
    folder: tempfile::TempDir,
    proxy: u64,
    tls: u64,
}

impl Network {
    pub(crate) fn before(emulator: &Emulator) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut process = Command::new(repository().join(".venv/bin/python"))
            .arg("private_network.py")
            .arg(emulator.endpoint().trim_start_matches("http://"))
            .arg(folder.path())
            .current_dir(repository().join("tests/support"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python from .venv (make setup)");
        let mut line = String::new();
        let output = process.stdout.take().expect("a piped output");
        BufReader::new(output).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).expect("where the network listens");
        Self {
            process,
            folder,
            proxy: ready["proxy"].as_u64().unwrap(),
            tls: ready["tls"].as_u64().unwrap(),
        }
    }

    /// The value of `HTTPS_PROXY`.
    pub(crate) fn proxy(&self) -> String {
        format!("http://127.0.0.1:{}", self.proxy)
    }

    /// The emulator behind TLS, past the proxy.
    pub(crate) fn tls_endpoint(&self) -> String {
        format!("https://localhost:{}", self.tls)
    }

    /// The certificate of the CA.
    pub(crate) fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The requests that came so far: `CONNECT name:port`, `FORWARD url`, `TLS`.
    pub(crate) fn requests(&self) -> Vec<String> {
        let text = fs::read_to_string(self.folder.path().join("requests")).unwrap();
        text.lines().map(ToOwned::to_owned).collect()
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
