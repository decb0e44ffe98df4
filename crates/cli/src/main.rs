//! The binary `catchment`: parse, run, print the error chain, map to an exit code.

use std::process::ExitCode;

use catchment::args::Args;
use catchment::command::{self, ExitStatus};
use catchment::output::{self, Output};
use clap::Parser;

fn main() -> ExitCode {
    let args = Args::parse();
    let mut output = Output::to_terminal(args.color.into());
    let status = match command::run(args, &mut output) {
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
