//! `replay --put`: sends what passes back into the stream, and notes what was acknowledged.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Seek, SeekFrom, Write};
use std::path::Path;
use std::rc::Rc;

use anyhow::{Context, anyhow};
use catchment_transformer::overflow::renewed;

use super::remote::Remote;
use crate::args::{self, PutTarget};
use crate::aws::put::{Put, PutError, Putter, Target};
use crate::batch::explain::{Passing, Sent};
use crate::batch::ledger::{Digest, Ledger};
use crate::batch::parcel::{Item, Limits, Parcel};
use crate::count::counted;
use crate::output::Hinted;
use crate::provision::name::{Arn, Region};

/// Where records go, and which have gone.
pub(super) struct Sender {
    stream: String,
    /// The Firehose stream that records go to, if it is one.
    firehose: Option<Arn>,
    ledger: Ledger,
    parcel: Parcel,
    /// `None`: nothing is sent.
    open: Option<Open>,
    counts: Counts,
}

/// What a run that sends holds open.
struct Open {
    remote: Rc<Remote>,
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
    /// Reads the ledger, and holds it if records are to be sent.
    pub(super) fn open(
        args: &args::Put,
        region: Option<&Region>,
        remote: Option<&Rc<Remote>>,
    ) -> anyhow::Result<Option<Self>> {
        let (Some(target), Some(region)) = (&args.put, region) else {
            return Ok(None);
        };
        let path = &args.ledger;
        let limits = match target {
            PutTarget::Kinesis(_) => Limits::KINESIS,
            PutTarget::Firehose(_) => Limits::FIREHOSE,
        };
        let mut sender = Self {
            ledger: Ledger::default(),
            parcel: Parcel::new(limits),
            open: None,
            counts: Counts::default(),
            stream: format!("{target} in {region}"),
            firehose: None,
        };
        let Some(remote) = remote.filter(|_| args.yes) else {
            if path.exists() {
                sender.ledger = read(&open_ledger(path, false)?, path, &sender.stream)?;
            }
            return Ok(Some(sender));
        };
        let mut file = open_ledger(path, true)?;
        if file.try_lock().is_err() {
            let error = anyhow!("another run holds the ledger {}", path.display());
            return Err(Hinted::new(error, "wait for it to end").into());
        }
        let ledger = read(&file, path, &sender.stream)?;
        begin(&mut file, &ledger, &sender.stream)
            .with_context(|| format!("cannot write the ledger {}", path.display()))?;
        sender.ledger = ledger;
        let target = match target {
            PutTarget::Kinesis(name) => Target::Kinesis(name.clone()),
            PutTarget::Firehose(name) => {
                let account = &remote.connection.caller.account;
                sender.firehose = Some(Arn::firehose(region, account, name));
                Target::Firehose(name.clone())
            }
        };
        let bytes_per_second = f64::from(args.mib_per_second.get()) * 1024.0 * 1024.0;
        sender.open = Some(Open {
            putter: remote.enter(|| Putter::new(target, bytes_per_second)),
            remote: Rc::clone(remote),
            file,
        });
        Ok(Some(sender))
    }

    /// Takes a record that passes, and sends what has gathered if that is enough for a call.
    pub(super) fn take(&mut self, record: Passing) -> anyhow::Result<()> {
        let digest = Digest::of(&record.data);
        let stream = self.firehose.as_ref().map(Arn::as_str);
        // what a person sends again may be split as often as any other record
        let data = renewed(&record.data, stream).unwrap_or(record.data);
        let item = Item { digest, data };
        if !self.parcel.takes(&item) {
            self.counts.too_large += 1;
            return Ok(());
        }
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
        let Open {
            putter,
            file,
            remote,
        } = open;
        let counts = &mut self.counts;
        let acknowledged = |places: &[usize]| {
            let done = places.iter().filter_map(|at| digests.get(*at).copied());
            note(file, &Ledger::lines(done))?;
            counts.sent += places.len();
            counts.waiting -= places.len();
            Ok::<_, io::Error>(())
        };
        let sent = remote.wait(putter.put(&remote.connection, &records, acknowledged));
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

    /// What was done, for a program.
    pub(super) fn sent(&self) -> Sent {
        Sent {
            to: self.stream.clone(),
            is_dry: self.open.is_none(),
            sent: self.counts.sent,
            left: self.counts.waiting,
            sent_before: self.counts.before,
            too_large: self.counts.too_large,
        }
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
                "{} would be sent to {stream}, {before} sent before; add --yes to send",
                counted(waiting, "record")
            ),
            Some(_) => format!(
                "{} sent to {stream}, {before} sent before",
                counted(sent, "record")
            ),
        };
        if self.open.is_some() && waiting > 0 {
            text += &format!(", {waiting} not sent");
        }
        if too_large > 0 {
            text += &format!("; {too_large} too large to be put");
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
