//! Reads the fleet file, and narrows it to the scope of the command.

use std::path::Path;

use anyhow::Context;

use super::exit::Usage;
use crate::args;
use crate::output::Hinted;
use crate::provision::desired::{Desired, DesiredError, Scope};
use crate::provision::fleet::Fleet;
use crate::provision::name::AccountId;

/// Reads the part of the fleet file that is in scope; `leaving` if it is to be removed, along with these accounts.
///
/// # Errors
/// Fails if the file cannot be read, holds mistakes, or does not have a member in scope.
pub(crate) fn desired(
    scope: &args::Scope,
    leaving: Option<&[AccountId]>,
) -> anyhow::Result<Desired> {
    let fleet = fleet(&scope.fleet)?;
    let scope = Scope {
        logging: scope.logging,
        members: scope.members.iter().cloned().collect(),
    };
    let desired = Desired::of_fleet(&fleet).and_then(|desired| match leaving {
        Some(accounts) => desired.leaving(&scope, accounts),
        None => desired.only(&scope),
    });
    desired.map_err(hinted)
}

/// Reads the whole fleet file.
///
/// # Errors
/// Fails if the file cannot be read or holds mistakes.
pub(crate) fn fleet(path: &Path) -> anyhow::Result<Fleet> {
    parsed(&read(path)?, path)
}

/// Parses the text of the fleet file at `path`.
///
/// # Errors
/// Fails if it holds mistakes.
pub(crate) fn parsed(text: &str, path: &Path) -> anyhow::Result<Fleet> {
    Fleet::parse(text).with_context(|| invalid(path))
}

/// The same for a fleet file that may have no members yet.
///
/// # Errors
/// Fails if it holds mistakes.
pub(crate) fn parsed_without_members(text: &str, path: &Path) -> anyhow::Result<Fleet> {
    Fleet::parse_without_members(text).with_context(|| invalid(path))
}

fn invalid(path: &Path) -> String {
    format!("{} is not a valid fleet file", path.display())
}

/// Reads the text of the fleet file.
///
/// # Errors
/// Fails if the file cannot be read.
pub(crate) fn read(path: &Path) -> anyhow::Result<String> {
    #[expect(clippy::disallowed_methods, reason = "commands read the fleet file")]
    std::fs::read_to_string(path).map_err(|error| {
        let hint = match error.kind() {
            std::io::ErrorKind::NotFound => {
                "run `catchment init` to create one, or pass --fleet with the path of another"
            }
            _ => "the file must be UTF-8 text, and readable by you",
        };
        let error = anyhow::Error::from(error)
            .context(format!("cannot read the fleet file {}", path.display()));
        Hinted::new(error, hint).into()
    })
}

pub(crate) fn hinted(error: DesiredError) -> anyhow::Error {
    match (&error, error.hint()) {
        (DesiredError::NoSuchMember { .. }, _) => Usage(error.to_string()).into(),
        (_, Some(hint)) => Hinted::new(error, hint).into(),
        (_, None) => error.into(),
    }
}
