//! The shell of `catchment`: parse, run, print the error chain, map to an exit code.

#![cfg_attr(
    not(feature = "aws"),
    expect(
        dead_code,
        unused_imports,
        reason = "without AWS the pure rooms are built for their own tests"
    )
)]

mod args;
#[cfg(feature = "aws")]
mod aws;
mod command;
mod desired;
mod fleet;
mod name;
mod observed;
mod output;
mod parameters;
mod plan;
mod policy;
mod replay;
mod resource;
mod status;

use std::process::ExitCode;

use clap::Parser;

use crate::args::Args;
use crate::output::Output;

fn main() -> ExitCode {
    let args = Args::parse();
    let mut output = Output::to_terminal();
    match command::run(args, &mut output) {
        Ok(status) => status.into(),
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Where not even standard error can be written, the exit code has to do.
            let _ = output.error(&error);
            command::exit_code(&error)
        }
    }
}
