//! What a run is for: the fleet file or the flags in its place, worked out and narrowed to its scope.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context;

use super::Usage;
use crate::output::Hinted;
use crate::provision::desired::{Desired, DesiredError, Scope};
use crate::provision::fleet::Fleet;
use crate::provision::name::MemberName;

/// Reads the fleet file, and keeps of it what the run is for.
///
/// # Errors
/// A file that cannot be read or holds mistakes, a member that it does not have.
pub(super) fn desired(
    path: &Path,
    logging: bool,
    members: &[MemberName],
) -> anyhow::Result<Desired> {
    let fleet = fleet(path)?;
    let scope = Scope {
        logging,
        members: members.iter().cloned().collect::<BTreeSet<_>>(),
    };
    let desired = Desired::of_fleet(&fleet).and_then(|desired| desired.only(&scope));
    desired.map_err(hinted)
}

/// Reads the fleet file.
///
/// # Errors
/// A file that cannot be read or holds mistakes.
pub(super) fn fleet(path: &Path) -> anyhow::Result<Fleet> {
    Fleet::parse(&read(path)?).with_context(|| format!("{} is not a fleet file", path.display()))
}

fn read(path: &Path) -> anyhow::Result<String> {
    #[expect(clippy::disallowed_methods, reason = "a command reads the fleet file")]
    std::fs::read_to_string(path).map_err(|error| {
        let hint = match error.kind() {
            std::io::ErrorKind::NotFound => {
                "`catchment init` writes one to start from; --fleet names another"
            }
            _ => "it has to be a text file that you may read",
        };
        let error = anyhow::Error::from(error)
            .context(format!("cannot read the fleet file {}", path.display()));
        Hinted::new(error, hint).into()
    })
}

fn hinted(error: DesiredError) -> anyhow::Error {
    match (&error, error.hint()) {
        (DesiredError::NoSuchMember { .. }, _) => Usage(error.to_string()).into(),
        (_, Some(hint)) => Hinted::new(error, hint).into(),
        (_, None) => error.into(),
    }
}
