//! `catchment man`: prints a manual page as roff, or writes those of all commands.

use anyhow::Context;
use clap::CommandFactory;

use super::operations::exit::{ExitStatus, Usage};
use crate::args::{self, Args};
use crate::output::Output;

/// Runs the command.
///
/// # Errors
/// Fails if there is no such command, or if the pages cannot be written.
pub(super) fn run(args: &args::Man, output: &mut Output) -> anyhow::Result<ExitStatus> {
    // no page is written for `help`, so none may be referred to
    let mut program = Args::command().disable_help_subcommand(true);
    if let Some(folder) = &args.out {
        clap_mangen::generate_to(program, folder)
            .with_context(|| format!("cannot write to {}", folder.display()))?;
        return Ok(ExitStatus::Done);
    }
    program.build();
    let mut command = &program;
    for name in &args.command {
        command = command.find_subcommand(name).ok_or_else(|| {
            let of = command.get_display_name().unwrap_or("catchment");
            let names: Vec<_> = command
                .get_subcommands()
                .map(|one| one.get_name())
                .collect();
            Usage(match names.as_slice() {
                [] => format!("{of} has no command `{name}`, and no others"),
                names => format!("{of} has no command `{name}`; it has {}", names.join(", ")),
            })
        })?;
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    output.result(&page)?;
    Ok(ExitStatus::Done)
}
