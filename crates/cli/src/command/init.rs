//! `catchment init`: writes a commented fleet file to start from.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};

use anyhow::Context;

use super::operations::exit::ExitStatus;
use crate::args;
use crate::output::{Hinted, Output};
use crate::provision::fleet::TEMPLATE;

/// Runs the command.
///
/// # Errors
/// Fails if the file already exists or cannot be written.
pub(super) fn run(args: &args::Init, output: &mut Output) -> anyhow::Result<ExitStatus> {
    let path = args.fleet.display();
    #[expect(clippy::disallowed_methods, reason = "this command writes a file")]
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&args.fleet);
    let mut file = match file {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let error = anyhow::anyhow!("{path} already exists");
            return Err(Hinted::new(error, "pass --fleet to write to another file").into());
        }
        file => file.with_context(|| format!("cannot write {path}"))?,
    };
    file.write_all(TEMPLATE.as_bytes())
        .with_context(|| format!("cannot write {path}"))?;
    output.note(&format!(
        "wrote {path}; next, enter your accounts in it and run `catchment plan`"
    ))?;
    Ok(ExitStatus::Done)
}
