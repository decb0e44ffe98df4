//! `replay --put`: sends what passes back into the stream, and notes what was acknowledged.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Seek, SeekFrom, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use tokio::runtime::Runtime;

use crate::args;
use crate::aws::put::{Put, PutError, Putter};
use crate::aws::{Ask, Connection, Connections, Options};
use crate::batch::explain::Passing;
use crate::batch::ledger::Ledger;
use crate::batch::parcel::{Item, Parcel};
use crate::output::{Hinted, ask};
use crate::provision::resource::Login;

/// Where records go, and which have gone.
pub(super) struct Sender {
    stream: String,
    ledger: Ledger,
    parcel: Parcel,
    /// `None`: nothing is sent.
    open: Option<Open>,
    counts: Counts,
}

/// What a run that sends holds open.
struct Open {
    runtime: Runtime,
    connection: Arc<Connection>,
    // they hold what the connection needs
    _connections: Connections,
    putter: Putter,
    file: File,
}

#[derive(Default)]
struct Counts {
    sent: usize,
    waiting: usize,
    before: usize,
    too_large: usize,
}

impl Sender {
    /// Reads the ledger and, if records are to be sent, connects.
    pub(super) fn open(args: &args::Put) -> anyhow::Result<Option<Self>> {
        let (Some(target), Some(region)) = (&args.put, &args.region) else {
            return Ok(None);
        };
        let stream = format!("kinesis:{} in {region}", target.0);
        let path = &args.ledger;
        let mut sender = Self {
            ledger: Ledger::default(),
            parcel: Parcel::default(),
            open: None,
            counts: Counts::default(),
            stream,
        };
        if !args.yes {
            if path.exists() {
                sender.ledger = read(&open_ledger(path, false)?, path, &sender.stream)?;
            }
            return Ok(Some(sender));
        }
        let mut file = open_ledger(path, true)?;
        if file.try_lock().is_err() {
            let error = anyhow!("another run holds the ledger {}", path.display());
            return Err(Hinted::new(error, "wait for it to end").into());
        }
        let ledger = read(&file, path, &sender.stream)?;
        begin(&mut file, &ledger, &sender.stream)
            .with_context(|| format!("cannot write the ledger {}", path.display()))?;
        sender.ledger = ledger;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start the async runtime")?;
        let connections = Connections::new(Options {
            concurrency: NonZeroU16::MIN,
            timeout: CALL_TIMEOUT,
            ask: Some(Ask::new(ask)),
        });
        let connect = async {
            let account = connections.account(args.profile.as_ref(), region).await?;
            let login = Login {
                profile: args.profile.clone(),
                role: None,
                account,
            };
            connections.open(&login, region).await
        };
        let connection = runtime.block_on(connect).map_err(|error| {
            let hint = error.hint();
            Hinted::new(error, hint)
        })?;
        let bytes_per_second = f64::from(args.mib_per_second.get()) * 1024.0 * 1024.0;
        // it reads the runtime's clock
        let putter = {
            let _guard = runtime.enter();
            Putter::new(target.0.clone(), bytes_per_second)
        };
        sender.open = Some(Open {
            putter,
            connection,
            _connections: connections,
            runtime,
            file,
        });
        Ok(Some(sender))
    }

    /// Takes a record that passes, and sends what has gathered if that is enough for a call.
    pub(super) fn take(&mut self, record: Passing) -> anyhow::Result<()> {
        let Some(item) = Item::of(record.data) else {
            self.counts.too_large += 1;
            return Ok(());
        };
        if !self.ledger.take(item.digest) {
            self.counts.before += 1;
            return Ok(());
        }
        self.counts.waiting += 1;
        match self.parcel.add(item) {
            Some(full) => self.send(full),
            None => Ok(()),
        }
    }

    /// Sends what is left.
    pub(super) fn finish(&mut self) -> anyhow::Result<()> {
        let rest = self.parcel.take();
        self.send(rest)
    }

    fn send(&mut self, items: Vec<Item>) -> anyhow::Result<()> {
        let Some(open) = self.open.as_mut().filter(|_| !items.is_empty()) else {
            return Ok(());
        };
        let digests: Vec<_> = items.iter().map(|item| item.digest).collect();
        let records: Vec<_> = items
            .into_iter()
            .map(|Item { digest, data }| Put {
                key: digest.to_hex(),
                data,
            })
            .collect();
        let Open { putter, file, .. } = open;
        let counts = &mut self.counts;
        let acknowledged = |places: &[usize]| {
            let done = places.iter().filter_map(|at| digests.get(*at).copied());
            note(file, &Ledger::lines(done))?;
            counts.sent += places.len();
            counts.waiting -= places.len();
            Ok::<_, io::Error>(())
        };
        let sent = open
            .runtime
            .block_on(putter.put(&open.connection, &records, acknowledged));
        sent.map_err(|error| match error {
            PutError::Call(error) => {
                let hint = error.explanation().hint;
                Hinted::new(error, hint).into()
            }
            error => {
                let hint = "run the same command again: what was acknowledged is in the ledger";
                Hinted::new(anyhow!(error), hint).into()
            }
        })
    }

    /// Whether nothing that passes is left.
    pub(super) fn is_complete(&self) -> bool {
        self.open.is_none() || (self.counts.waiting == 0 && self.counts.too_large == 0)
    }

    /// What was done, in one line.
    pub(super) fn summary(&self) -> String {
        let Counts {
            sent,
            waiting,
            before,
            too_large,
        } = self.counts;
        let stream = &self.stream;
        let mut text = match &self.open {
            None => format!(
                "{waiting} records would be sent to {stream}, {before} were sent before; add --yes to send them"
            ),
            Some(_) => {
                format!("{sent} records were sent to {stream}, {before} were sent before")
            }
        };
        if self.open.is_some() && waiting > 0 {
            text += &format!(", {waiting} are not sent");
        }
        if too_large > 0 {
            text += &format!("; {too_large} are too large to be put");
        }
        text
    }
}

/// Opens a ledger; to write, it is made if it does not exist.
fn open_ledger(path: &Path, to_write: bool) -> anyhow::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(to_write).create(to_write);
    #[expect(clippy::disallowed_methods, reason = "replay keeps a ledger")]
    let file = options.open(path);
    file.with_context(|| format!("cannot open the ledger {}", path.display()))
}

fn read(file: &File, path: &Path, stream: &str) -> anyhow::Result<Ledger> {
    Ledger::read(BufReader::new(file), stream).map_err(|error| {
        let error =
            anyhow::Error::from(error).context(format!("cannot use the ledger {}", path.display()));
        Hinted::new(
            error,
            "pass --ledger with a file of its own for each stream",
        )
        .into()
    })
}

/// Drops a last line that was cut short, and writes the first line of a new ledger.
fn begin(file: &mut File, ledger: &Ledger, stream: &str) -> io::Result<()> {
    file.set_len(ledger.bytes)?;
    file.seek(SeekFrom::End(0))?;
    if ledger.bytes == 0 {
        note(file, &Ledger::title(stream))?;
    }
    Ok(())
}

/// Appends to the ledger, and waits until the disk has it.
fn note(file: &mut File, text: &str) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    file.sync_data()
}

/// How long a call may go unanswered, as long as `apply` waits by default.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);
