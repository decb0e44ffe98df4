//! `catchment capture`: reads a part of the Kinesis stream into a file that `replay` takes.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Seek, Write};
use std::num::NonZeroU16;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow};

use super::operations::connect::{connect, connect_as, connections};
use super::operations::exit::{ExitStatus, Usage};
use super::operations::interrupt::{Interrupted, Interrupts};
use super::operations::session::block_on;
use crate::args;
use crate::aws::read::{Page, Progress as Read, Range, ReadError, StreamShards, read};
use crate::batch::capture::{Captured, Event, Gatherer, Wanted};
use crate::batch::documents::Documents;
use crate::batch::mask::Masker;
use crate::count::counted;
use crate::output::{Hinted, Output, Progress};
use crate::provision::name::Arn;

mod place;

use place::Place;

/// Runs the command.
///
/// # Errors
/// Fails if a flag or the fleet file is wrong, the file exists or cannot be written, or the stream cannot be read.
pub(super) fn run(args: &args::Capture, output: &mut Output) -> anyhow::Result<ExitStatus> {
    let (place, wanted) = place::of(args)?;
    block_on(capture(args, &place, wanted, output))
}

async fn capture(
    args: &args::Capture,
    place: &Place,
    wanted: Wanted,
    output: &mut Output,
) -> anyhow::Result<ExitStatus> {
    let interrupts = Interrupts::count();
    let connections = connections(CONNECTIONS_MAX);
    let connecting = async {
        Ok(match &place.login {
            Ok(login) => connect_as(&connections, login, &place.region).await?,
            Err(profile) => connect(&connections, profile.as_ref(), &place.region).await?,
        })
    };
    let connection = interrupts.unless_pressed(connecting).await?;
    let (stream, region) = (&place.stream, &place.region);
    let arn = Arn::stream(region, &connection.caller.account, stream);
    let gatherer = Gatherer::new(arn.to_string(), region.to_string());
    let mut capture = Capture::create(&args.file, args.mask, gatherer, wanted)?;

    let shards = StreamShards {
        connection: &connection,
        stream,
        arn: &arn,
    };
    let range = match args.since {
        Some(since) => Range::Last(since.0),
        None => Range::Next(Duration::from_secs(args.seconds.get().into())),
    };
    let ended = tokio::select! {
        ended = read(&shards, range, |read, page| capture.take(read, page)) => Some(ended),
        () = interrupts.pressed(1) => None,
    };
    capture.progress.clear();
    if ended.is_none() && args.mask {
        output.note("masking what was captured; press Ctrl-C again to end at once")?;
    }
    let done = tokio::select! {
        done = capture.finish() => done?,
        () = interrupts.pressed(2) => return Err(Interrupted("the file is not complete").into()),
    };
    if done.records > 0 {
        output.note(&done.text(&args.file, args.mask))?;
    } else {
        std::fs::remove_file(&args.file)
            .with_context(|| format!("cannot remove {}", args.file.display()))?;
    }
    match ended {
        Some(Err(ReadError::Call(error))) => {
            let hint = error.explanation().hint;
            Err(Hinted::new(error, hint).into())
        }
        Some(Err(ReadError::Take(error))) => Err(error).with_context(|| cannot_write(&args.file)),
        Some(Ok(())) if done.records == 0 => Err(nothing(stream.as_str())),
        Some(Ok(())) => Ok(ExitStatus::Done),
        None => Ok(ExitStatus::Interrupted),
    }
}

/// As many calls as [`read`] makes at a time.
const CONNECTIONS_MAX: NonZeroU16 = NonZeroU16::MIN.saturating_add(7);

fn nothing(stream: &str) -> anyhow::Error {
    let error = anyhow!("nothing was captured: no record of the kind arrived in stream {stream}");
    Hinted::new(
        error,
        "capture for longer, with --seconds or --since, or with fewer filters",
    )
    .into()
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write {}", path.display())
}

/// What a capture holds open.
struct Capture {
    wanted: Wanted,
    gatherer: Gatherer,
    /// Where events go first.
    sink: BufWriter<File>,
    masking: Option<Masking>,
    path: PathBuf,
    progress: Progress,
    shown: usize,
    done: Done,
}

/// What masking takes: the names are known only at the end, until when a file without a name holds the events.
struct Masking {
    masker: Masker,
    target: BufWriter<File>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Done {
    records: usize,
    bytes: usize,
    left_out: usize,
}

impl Capture {
    fn create(
        path: &Path,
        is_masked: bool,
        gatherer: Gatherer,
        wanted: Wanted,
    ) -> anyhow::Result<Self> {
        let file = create(path)?;
        let (file, masking) = if is_masked {
            let mut secret = [0; 32];
            getrandom::fill(&mut secret).context("the system gives no random numbers")?;
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            let unnamed = tempfile::tempfile_in(folder.unwrap_or(Path::new(".")));
            let masking = Masking {
                masker: Masker::new(secret),
                target: BufWriter::new(file),
            };
            (unnamed.with_context(|| cannot_write(path))?, Some(masking))
        } else {
            (file, None)
        };
        Ok(Self {
            wanted,
            gatherer,
            sink: BufWriter::new(file),
            masking,
            path: path.to_owned(),
            progress: Progress::to_terminal(),
            shown: 0,
            done: Done::default(),
        })
    }

    /// Takes what one call gave.
    fn take(&mut self, read: Read, page: Page) -> io::Result<()> {
        for record in page.records {
            if self.wanted.keeps(&record.data) {
                self.done.records += 1;
                self.done.bytes += record.data.len();
                let full = self.gatherer.add(Captured {
                    shard: page.shard.clone(),
                    sequence_number: record.sequence_number,
                    partition_key: record.partition_key,
                    arrived: record.arrived,
                    data: record.data,
                });
                full.map_or(Ok(()), |event| self.write(&event))?;
            }
        }
        if self.shown != read.shards {
            self.progress.begin("reading shards", read.shards);
            self.shown = read.shards;
        }
        self.progress
            .show(read.ended, &[format!("{} captured", self.done.amount())]);
        Ok(())
    }

    fn write(&mut self, event: &Event) -> io::Result<()> {
        if let Some(masking) = &mut self.masking {
            event.teach(&mut masking.masker);
        }
        self.sink.write_all(event.to_line().as_bytes())
    }

    /// Writes what is left, and masks all of it.
    async fn finish(mut self) -> anyhow::Result<Done> {
        let path = self.path.clone();
        let cannot_write = || cannot_write(&path);
        if let Some(event) = self.gatherer.take() {
            self.write(&event).with_context(cannot_write)?;
        }
        self.sink.flush().with_context(cannot_write)?;
        let Some(Masking {
            mut masker,
            mut target,
        }) = self.masking
        else {
            return Ok(self.done);
        };
        let mut spool = self
            .sink
            .into_inner()
            .map_err(io::Error::from)
            .with_context(cannot_write)?;
        spool.rewind().with_context(cannot_write)?;
        if self.done.records > 0 {
            for document in Documents::of(spool)? {
                let (masked, left_out) = Event::of(&document?.json)?.masked(&mut masker);
                self.done.left_out += left_out;
                self.done.records -= left_out;
                if let Some(event) = masked {
                    target
                        .write_all(event.to_line().as_bytes())
                        .with_context(cannot_write)?;
                }
                // so that Ctrl-C is noticed
                tokio::task::yield_now().await;
            }
        }
        target.flush().with_context(cannot_write)?;
        Ok(self.done)
    }
}

impl Done {
    fn amount(&self) -> String {
        format!(
            "{}, {:.1} MiB",
            counted(self.records, "record"),
            self.bytes as f64 / f64::from(1 << 20)
        )
    }

    /// What was done, and what to heed.
    fn text(&self, path: &Path, is_masked: bool) -> String {
        let mut text = format!("captured {} in {}", self.amount(), path.display());
        if self.left_out > 0 {
            text += &format!("; {} that cannot be read are left out", self.left_out);
        }
        text += if is_masked {
            "\nmasked; free text keeps words that name nothing elsewhere in it: read through it before you publish it"
        } else {
            "\nit holds log data: treat it like the logs themselves"
        };
        text
    }
}

/// Creates the file, which only its owner may read.
fn create(path: &Path) -> anyhow::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    #[expect(clippy::disallowed_methods, reason = "this command writes a file")]
    let file = options.open(path);
    match file {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let error = anyhow!("{} already exists", path.display());
            Err(Hinted::new(error, "name another file, or remove this one").into())
        }
        file => file.with_context(|| cannot_write(path)),
    }
}
