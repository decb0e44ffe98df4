//! `catchment replay`: runs what was captured, or what failed, through the transformer, and sends again what passes.

use std::fs::read_to_string;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::Context;
use catchment_transformer::settings::{Setting, Settings};
use catchment_transformer::{Transformed, Transformer};

use super::operations::exit::{ExitStatus, Usage};
use crate::args::{self, OutputFormat};
use crate::batch::documents::{Documents, JsonDocument};
use crate::batch::explain::{Explainer, Passing};
use crate::batch::input::{Input, Origin};
use crate::batch::summary::Summary;
use crate::batch::{delivered, opened};
use crate::output::document::Document;
use crate::output::{Hinted, Output, Reading};

mod expected;
mod files;
mod objects;
mod remote;
mod send;

use expected::Expected;
use files::Opened;
use objects::Objects;
use remote::Remote;
use send::Sender;

/// Runs the command.
///
/// # Errors
/// Fails if a setting is wrong, the expected responses cannot be read, or the output cannot be written to.
pub(super) fn run(args: &args::Replay, output: &mut Output) -> anyhow::Result<ExitStatus> {
    if args.output == OutputFormat::Json && !args.explain && args.put.put.is_none() {
        return Err(Usage("--output json needs --explain or --put".to_owned()).into());
    }
    let settings = settings(&args.settings)?;
    let is_remote = |path: &PathBuf| files::named(path).is_some();
    let needs_remote = args.put.yes || args.batches.iter().any(is_remote);
    let remote = needs_remote
        .then(|| Remote::open(&args.remote).map(Rc::new))
        .transpose()?;
    let expected = args.expect.as_deref().map(Expected::open).transpose()?;
    let mut replay = Replay {
        output,
        reading: Reading::new(),
        summary: Summary::default(),
        shown: match expected {
            Some(expected) => Shown::Difference(expected),
            None if args.response => Shown::Response,
            None if args.pretty => Shown::Pretty,
            None if args.explain || args.put.put.is_some() => {
                Shown::Explained(Box::new(Explainer::new(&settings)))
            }
            None => Shown::Delivered,
        },
        transformer: Transformer::new(settings),
        sender: Sender::open(&args.put, args.remote.region.as_ref(), remote.as_ref())?,
        remote,
        format: args.output,
        is_success: true,
    };
    if let Err(error) = replay.files(&args.batches) {
        // what was sent stays sent
        if let Some(sender) = &replay.sender {
            replay.output.note(&sender.summary())?;
        }
        return Err(error);
    }
    replay.end()
}

/// A run of the command. What it holds stays the same size, however much is replayed.
struct Replay<'a> {
    transformer: Transformer,
    output: &'a mut Output,
    reading: Reading,
    summary: Summary,
    shown: Shown,
    sender: Option<Sender>,
    /// `None`: nothing is read from AWS, and nothing sent.
    remote: Option<Rc<Remote>>,
    format: OutputFormat,
    is_success: bool,
}

/// What a document came to.
enum Replayed {
    Transformed(Box<Transformed>, Option<Origin>),
    /// Only looked at; these pass.
    Explained(Vec<Passing>),
}

/// What standard output receives.
enum Shown {
    /// What the destination would.
    Delivered,
    /// The same, for a person.
    Pretty,
    Response,
    Difference(Expected),
    /// What becomes of the records, and why.
    Explained(Box<Explainer>),
}

impl Replay<'_> {
    /// Replays the files. One that cannot be read is reported; only an output that cannot be written to, or a stream that takes
    /// no more, is an error.
    fn files(&mut self, paths: &[PathBuf]) -> anyhow::Result<()> {
        for path in files::files(paths) {
            match path {
                Ok(path) => self.path(&path)?,
                Err(error) => self.fail(&error)?,
            }
        }
        self.sender.as_mut().map_or(Ok(()), Sender::finish)
    }

    /// Replays a file, or the objects of a bucket.
    fn path(&mut self, path: &Path) -> anyhow::Result<()> {
        if let (Some((bucket, prefix)), Some(remote)) = (files::named(path), &self.remote) {
            return self.objects(Objects::of(Rc::clone(remote), bucket, prefix));
        }
        if files::is_typed(path) {
            let note = "reading from standard input; press Ctrl-D to end it";
            self.output.note(note)?;
        }
        let opened = files::open(path).map_err(Into::into);
        self.file(&files::name(path), opened)
    }

    fn objects(&mut self, mut objects: Objects) -> anyhow::Result<()> {
        loop {
            match objects.next() {
                Ok(Some(object)) => self.file(&objects.name(&object), objects.open(&object))?,
                Ok(None) => return Ok(()),
                Err(error) => return self.fail(&error),
            }
        }
    }

    /// Replays a file, document by document. One that cannot be replayed is reported and ends the file.
    fn file(&mut self, name: &str, opened: anyhow::Result<Opened>) -> anyhow::Result<()> {
        let mut documents = match self.begin(name, opened) {
            Ok(documents) => documents,
            Err(error) => return self.fail(&error),
        };
        let mut batches = 0;
        for document in &mut documents {
            let document = document.with_context(|| format!("cannot replay {name}"));
            let replayed = match document.and_then(|document| self.document(document, name)) {
                Ok(replayed) => replayed,
                Err(error) => {
                    self.fail(&error)?;
                    break;
                }
            };
            match replayed {
                Replayed::Explained(passing) => {
                    if let Some(sender) = &mut self.sender {
                        passing.into_iter().try_for_each(|one| sender.take(one))?;
                    }
                }
                Replayed::Transformed(transformed, origin) => {
                    self.show(&transformed)?;
                    self.is_success &= transformed.report.failed.is_empty();
                    if origin.is_none() {
                        let text = self.summary.add_batch(name, batches, &transformed.report);
                        batches += 1;
                        self.note(&text)?;
                    } else {
                        self.summary.add_record(&transformed.report);
                    }
                }
            }
        }
        match self.summary.end_file(name) {
            Some(text) => self.note(&text),
            None => Ok(()),
        }
    }

    fn begin(
        &self,
        name: &str,
        opened: anyhow::Result<Opened>,
    ) -> anyhow::Result<Documents<'static>> {
        let opened = opened.map_err(|error| cannot_read(error, name))?;
        self.reading.begin(name, opened.bytes);
        Documents::of(self.reading.of(opened.reader))
            .with_context(|| format!("cannot replay {name}"))
    }

    /// Transforms a document. If it is only to be explained, that is all.
    fn document(
        &mut self,
        JsonDocument { json, line }: JsonDocument,
        name: &str,
    ) -> anyhow::Result<Replayed> {
        let place = || format!("cannot replay the document on line {line} of {name}");
        let input = Input::of(json).with_context(place)?;
        if let Shown::Explained(explainer) = &mut self.shown {
            let passing = explainer.explain(&input).with_context(place)?;
            return Ok(Replayed::Explained(passing));
        }
        let transformed = self.transformer.transform(input.event.as_bytes());
        let transformed = transformed.with_context(place)?;
        Ok(Replayed::Transformed(Box::new(transformed), input.origin))
    }

    fn show(&mut self, transformed: &Transformed) -> anyhow::Result<()> {
        let response = &transformed.response;
        match &mut self.shown {
            Shown::Delivered => self.output.result(&delivered(response)?)?,
            Shown::Pretty => self.output.indented(&opened(response)?)?,
            Shown::Response => {
                self.output.result(response)?;
                self.output.result(b"\n")?;
            }
            Shown::Difference(expected) => expected.compare(response, self.output)?,
            Shown::Explained(_) => {}
        }
        Ok(())
    }

    fn note(&mut self, text: &str) -> anyhow::Result<()> {
        Ok(self.reading.pause(|| self.output.note(text))?)
    }

    fn fail(&mut self, error: &anyhow::Error) -> anyhow::Result<()> {
        self.is_success = false;
        Ok(self.reading.pause(|| self.output.error(error))?)
    }

    fn end(mut self) -> anyhow::Result<ExitStatus> {
        drop(self.reading);
        if let Some(total) = self.summary.total() {
            self.output.note(&total)?;
        }
        let is_explained = matches!(self.shown, Shown::Explained(_));
        if self.is_success && !is_explained && self.summary.is_empty() {
            self.output.note("no records")?;
        }
        match self.shown {
            Shown::Delivered | Shown::Pretty | Shown::Response => {}
            Shown::Explained(explainer) => {
                match self.format {
                    OutputFormat::Text => self.output.text(&explainer.to_string())?,
                    OutputFormat::Json => self.output.document(Document::Explanation {
                        groups: &explainer.explained(),
                        put: self.sender.as_ref().map(Sender::sent).as_ref(),
                    })?,
                }
                self.is_success &= explainer.is_clean();
                if let Some(sender) = &self.sender {
                    self.output.note(&sender.summary())?;
                    self.is_success &= sender.is_complete();
                }
            }
            Shown::Difference(expected) => {
                // an expected failure is a success
                self.is_success = expected.end(self.output)?;
                self.output.note(if self.is_success {
                    "as expected"
                } else {
                    "not as expected"
                })?;
            }
        }
        Ok(ExitStatus::of_success(self.is_success))
    }
}

/// Says which file it was, unless the error, which has a hint, does.
fn cannot_read(error: anyhow::Error, name: &str) -> anyhow::Error {
    match error.is::<Hinted>() {
        true => error,
        false => error.context(format!("cannot read {name}")),
    }
}

fn settings(args: &args::Settings) -> anyhow::Result<Settings> {
    let file = read("--settings", args.settings.as_deref())?;
    let key = read("--redact-key", args.redact_key.as_deref())?;
    if key.as_deref() == Some("") {
        return Err(Usage("--redact-key: the file is empty".to_owned()).into());
    }

    let flags = [
        (Setting::Format, &args.format),
        (Setting::Schema, &args.schema),
        (Setting::Original, &args.original),
        (Setting::Accounts, &args.accounts),
        (Setting::Compression, &args.compression),
        (Setting::PartitionKeys, &args.partition_keys),
        (Setting::Sources, &args.sources),
        (Setting::Rules, &args.rules),
        (Setting::Redact, &args.redact),
        (Setting::RedactKey, &key),
        (Setting::Overflow, &args.overflow),
        (Setting::MaxDecodedMib, &args.max_decoded_mib),
    ];
    let given = flags
        .into_iter()
        .filter_map(|(setting, value)| Some((setting.variable(), value.as_ref()?)));
    Ok(Settings::from_file_and_pairs(file.as_deref(), given)
        .map_err(|error| Usage(error.with_names(&name(args), flag)))?)
}

/// What the settings file is called in errors.
fn name(args: &args::Settings) -> String {
    let path = args.settings.as_deref().unwrap_or(Path::new(""));
    format!("--settings {}", path.display())
}

/// The text of the file that a flag names.
fn read(flag: &str, path: Option<&Path>) -> anyhow::Result<Option<String>> {
    let Some(path) = path else {
        return Ok(None);
    };
    #[expect(clippy::disallowed_methods, reason = "a command may read files")]
    let text = read_to_string(path);
    text.map(Some)
        .with_context(|| format!("cannot read {flag} {}", path.display()))
}

/// The flag of a setting: `--max-decoded-mib` for `CATCHMENT_MAX_DECODED_MIB`.
fn flag(setting: Setting) -> String {
    format!("--{}", setting.key().replace('_', "-"))
}
