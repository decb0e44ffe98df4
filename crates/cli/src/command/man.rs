//! `catchment man`: prints the manual as one roff page, a section per command.

use clap::CommandFactory;

use super::operations::exit::ExitStatus;
use crate::args::Args;
use crate::output::Output;

/// Runs the command.
///
/// # Errors
/// Fails if standard output cannot be written to.
pub(super) fn run(output: &mut Output) -> anyhow::Result<ExitStatus> {
    let mut program = Args::command();
    program.build();
    let mut page = Vec::new();
    clap_mangen::Man::new(program.clone()).render(&mut page)?;
    for command in program
        .get_subcommands()
        .filter(|command| command.get_name() != "help")
    {
        let man = clap_mangen::Man::new(command.clone());
        man.render_title(&mut page)?;
        man.render_name_section(&mut page)?;
        man.render_synopsis_section(&mut page)?;
        man.render_description_section(&mut page)?;
        man.render_options_section(&mut page)?;
        man.render_extra_section(&mut page)?;
    }
    output.result(&page)?;
    Ok(ExitStatus::Done)
}
