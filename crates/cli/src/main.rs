//! The binary `catchment`: parse, run, print the error chain, map to an exit code.

use std::process::ExitCode;

use catchment::args::Args;
use catchment::command;
use catchment::output::{self, Output};
use clap::Parser;

fn main() -> ExitCode {
    let args = Args::parse();
    let mut output = Output::to_terminal();
    match command::run(args, &mut output) {
        Ok(status) => status.into(),
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // If even standard error cannot be written, the exit code has to do.
            let _ = output.error(&error);
            command::exit_code(&error)
        }
    }
}
