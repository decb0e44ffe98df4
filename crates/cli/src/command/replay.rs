//! `catchment replay`: runs captured batches through the transformer, without AWS.

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use catchment_transformer::settings::{Setting, Settings};
use catchment_transformer::{Transformed, Transformer};

use super::operations::exit::{ExitStatus, Usage};
use crate::args;
use crate::batch::compare::difference;
use crate::batch::summary::Summary;
use crate::batch::{JsonDocument, delivered, is_response, json_documents};
use crate::output::Output;

/// Runs the command.
///
/// # Errors
/// Fails if a setting is wrong, the expected responses cannot be read, or the output cannot be written to.
pub(super) fn run(args: &args::Replay, output: &mut Output) -> anyhow::Result<ExitStatus> {
    let mut transformer = Transformer::new(settings(&args.settings)?);
    let expected = args.expect.as_deref().map(expected).transpose()?;
    let mut responses = Vec::new();
    let mut summary = Summary::default();
    let mut is_success = true;
    let standard_input = [PathBuf::from("-")];
    let batches = if args.batches.is_empty() {
        &standard_input[..]
    } else {
        &args.batches
    };
    for path in batches {
        let name = if is_standard_input(path) {
            "standard input".into()
        } else {
            path.to_string_lossy()
        };
        if is_standard_input(path) && is_keyboard() {
            output.note("reading a batch from standard input; press Ctrl-D to end it")?;
        }
        match replay(path, &name, &mut transformer) {
            Err(error) => {
                output.error(&error)?;
                is_success = false;
            }
            Ok(transformed) => {
                for (
                    index,
                    Transformed {
                        response, report, ..
                    },
                ) in transformed.into_iter().enumerate()
                {
                    if args.response {
                        output.result(&response)?;
                        output.result(b"\n")?;
                    } else if expected.is_none() {
                        output.result(&delivered(&response)?)?;
                    }
                    output.note(&summary.add(&name, index, &report))?;
                    is_success &= report.failed.is_empty();
                    responses.push(response);
                }
            }
        }
    }
    if let Some(total) = summary.total() {
        output.note(&total)?;
    }
    if let Some(expected) = expected {
        let difference = difference(&expected, &responses)?;
        output.result(difference.as_bytes())?;
        // an expected failure is a success
        is_success = difference.is_empty() && !responses.is_empty();
        output.note(if difference.is_empty() {
            "as expected"
        } else {
            "not as expected"
        })?;
    }
    Ok(ExitStatus::of_success(is_success))
}

fn replay(
    path: &Path,
    name: &str,
    transformer: &mut Transformer,
) -> anyhow::Result<Vec<Transformed>> {
    let bytes = read(path).with_context(|| format!("cannot read {name}"))?;
    let documents = json_documents(&bytes).with_context(|| format!("cannot replay {name}"))?;
    let mut transformed = Vec::with_capacity(documents.len());
    for JsonDocument { json, line } in documents {
        let place = || format!("cannot replay the event on line {line} of {name}");
        if is_response(json) {
            let error =
                anyhow!("it is a response, not an event; to compare with it, pass it to --expect");
            return Err(error).with_context(place);
        }
        transformed.push(transformer.transform(json.as_bytes()).with_context(place)?);
    }
    Ok(transformed)
}

fn expected(path: &Path) -> anyhow::Result<Vec<String>> {
    let name = path.display();
    let bytes = read(path).with_context(|| format!("cannot read {name}"))?;
    let documents =
        json_documents(&bytes).with_context(|| format!("cannot compare with {name}"))?;
    Ok(documents
        .into_iter()
        .map(|document| document.json.to_owned())
        .collect())
}

fn is_standard_input(path: &Path) -> bool {
    path == Path::new("-")
}

#[expect(clippy::disallowed_methods, reason = "replay reads standard input")]
fn is_keyboard() -> bool {
    std::io::stdin().is_terminal()
}

#[expect(
    clippy::disallowed_methods,
    reason = "replay reads the files that it is given"
)]
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    if !is_standard_input(path) {
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
