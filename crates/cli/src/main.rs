//! The binary `catchment`: parse, run, print the error chain, map to an exit code.

use std::process::ExitCode;

use catchment::args::{Args, Color};
use catchment::command::{self, ExitStatus};
use catchment::output::{self, Output};
use clap::Parser;

fn main() -> ExitCode {
    output::shorten_panics();
    let args = Args::try_parse();
    let colour = args.as_ref().map_or(Color::Auto, |args| args.color);
    let mut output = Output::to_terminal(colour.into());
    let ended = match args {
        Ok(args) => command::run(args, &mut output),
        Err(usage) => command::explain(&usage, &mut output),
    };
    let status = match ended {
        Ok(status) => status,
        Err(error) if output::is_broken_pipe(&error) => ExitStatus::Done,
        Err(error) => {
            // If standard error cannot be written to either, the exit code has to do.
            let _ = output.error(&error);
            ExitStatus::of_error(&error)
        }
    };
    status.into()
}
