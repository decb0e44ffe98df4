//! `catchment replay`: captured batches through the transformer, with no AWS.

use std::io::{IsTerminal, Read};
use std::path::Path;

use anyhow::{Context, anyhow};
use catchment_transformer::settings::{Setting, Settings};
use catchment_transformer::{Transformed, Transformer};

use super::{ExitStatus, Usage};
use crate::args;
use crate::batch::{Document, compare, delivered, documents, is_response, summary};
use crate::output::Output;

/// Runs the command.
///
/// # Errors
/// A setting that is wrong, a recorded answer that cannot be read, an output that cannot be written to.
pub(super) fn run(args: &args::Replay, output: &mut Output) -> anyhow::Result<ExitStatus> {
    let mut transformer = Transformer::new(settings(&args.settings)?);
    let recorded = args.expect.as_deref().map(recorded).transpose()?;
    let mut answers = Vec::new();
    let mut total = summary::Total::default();
    let mut status = ExitStatus::Done;
    let standard_input = [Path::new("-").to_owned()];
    let batches = if args.batches.is_empty() {
        &standard_input[..]
    } else {
        &args.batches
    };
    for path in batches {
        let name = if path == Path::new("-") {
            "standard input".into()
        } else {
            path.to_string_lossy()
        };
        if path == Path::new("-") && is_typed() {
            output.note("reading a batch from standard input; Ctrl-D ends it")?;
        }
        match replay(path, &name, &mut transformer) {
            Err(error) => {
                output.error(&error)?;
                status = ExitStatus::Failed;
            }
            Ok(transformed) => {
                for (index, transformed) in transformed.into_iter().enumerate() {
                    if args.response {
                        output.result(&transformed.response)?;
                        output.result(b"\n")?;
                    } else if recorded.is_none() {
                        output.result(&delivered(&transformed.response)?)?;
                    }
                    output.note(&total.add(&name, index, &transformed.report))?;
                    if !transformed.report.failed.is_empty() {
                        status = ExitStatus::Failed;
                    }
                    answers.push(transformed.response);
                }
            }
        }
    }
    if let Some(total) = total.line() {
        output.note(&total)?;
    }
    if let Some(recorded) = recorded {
        let difference = compare::difference(&recorded, &answers)?;
        output.result(difference.as_bytes())?;
        let verdict = if difference.is_empty() {
            "as expected"
        } else {
            "not as expected"
        };
        output.note(verdict)?;
        // A failure that was expected is no failure.
        status = match (difference.is_empty(), answers.is_empty()) {
            (true, false) => ExitStatus::Done,
            _ => ExitStatus::Failed,
        };
    }
    Ok(status)
}

fn replay(
    path: &Path,
    name: &str,
    transformer: &mut Transformer,
) -> anyhow::Result<Vec<Transformed>> {
    let bytes = read(path).with_context(|| format!("cannot read {name}"))?;
    let documents = documents(&bytes).with_context(|| format!("cannot replay {name}"))?;
    let mut transformed = Vec::with_capacity(documents.len());
    for Document { json, line } in documents {
        let place = || format!("cannot replay {name}, the event that begins on line {line}");
        if is_response(json) {
            return Err(anyhow!(
                "it is a response to a batch, not a batch; to compare with it, give it to --expect"
            ))
            .with_context(place);
        }
        transformed.push(transformer.transform(json.as_bytes()).with_context(place)?);
    }
    Ok(transformed)
}

fn recorded(path: &Path) -> anyhow::Result<Vec<String>> {
    let name = path.display();
    let bytes = read(path).with_context(|| format!("cannot read {name}"))?;
    let documents = documents(&bytes).with_context(|| format!("cannot compare with {name}"))?;
    Ok(documents
        .into_iter()
        .map(|document| document.json.to_owned())
        .collect())
}

/// Whether standard input is a person.
#[expect(clippy::disallowed_methods, reason = "replay reads standard input")]
fn is_typed() -> bool {
    std::io::stdin().is_terminal()
}

#[expect(
    clippy::disallowed_methods,
    reason = "replay reads the files that it is given"
)]
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    if path != Path::new("-") {
        return std::fs::read(path);
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn settings(args: &args::Settings) -> Result<Settings, Usage> {
    let flags = [
        (Setting::Format, &args.format),
        (Setting::Schema, &args.schema),
        (Setting::Compression, &args.compression),
        (Setting::PartitionKeys, &args.partition_keys),
        (Setting::Sources, &args.sources),
        (Setting::Overflow, &args.overflow),
        (Setting::MaxDecodedMib, &args.max_decoded_mib),
    ];
    let given = flags
        .into_iter()
        .filter_map(|(setting, value)| Some((setting.variable(), value.as_ref()?)));
    Settings::from_pairs(given).map_err(|error| Usage(error.with_names(flag)))
}

/// The flag of a setting: `--max-decoded-mib` for `CATCHMENT_MAX_DECODED_MIB`.
fn flag(setting: Setting) -> String {
    let name = setting.variable().trim_start_matches("CATCHMENT_");
    format!("--{}", name.to_ascii_lowercase().replace('_', "-"))
}
