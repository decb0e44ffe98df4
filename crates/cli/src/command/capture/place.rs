//! Which stream `capture` reads, and which records it keeps: from the fleet file, or from flags.

use std::collections::BTreeMap;

use super::Usage;
use crate::args;
use crate::batch::capture::{Wanted, source};
use crate::command::operations::fleet::fleet;
use crate::provision::fleet::Fleet;
use crate::provision::name::{ProfileName, Region, StreamName};
use crate::provision::resource::Login;

/// A stream, and who reads it.
pub(super) struct Place {
    pub(super) stream: StreamName,
    pub(super) region: Region,
    /// Without a fleet file, the account is whichever the profile belongs to.
    pub(super) login: Result<Login, Option<ProfileName>>,
}

/// # Errors
/// Fails if a flag or the fleet file is wrong.
pub(super) fn of(args: &args::Capture) -> anyhow::Result<(Place, Wanted)> {
    let from = &args.stream;
    let source = args.wanted.source.as_deref().map(source).transpose();
    let mut wanted = Wanted {
        account: args.wanted.account.as_ref().map(ToString::to_string),
        log_group: args.wanted.log_group.clone(),
        source: source.map_err(|names| Usage(format!("--source: expected one of: {names}")))?,
        sources: BTreeMap::new(),
    };
    if let (Some(stream), Some(region)) = (&from.stream, &from.region) {
        let place = Place {
            stream: stream.clone(),
            region: region.clone(),
            login: Err(from.profile.clone()),
        };
        return Ok((place, wanted));
    }
    let fleet = fleet(&from.fleet)?;
    if let Some(name) = &args.wanted.member {
        let member = fleet.members.get(name);
        let member = member.ok_or_else(|| Usage(format!("the fleet file has no member {name}")))?;
        wanted.account = Some(member.account.to_string());
    }
    wanted.sources = fleet
        .members
        .values()
        .flat_map(|member| member.log_groups.iter().map(move |group| (member, group)))
        .map(|(member, (name, group))| {
            ((member.account.to_string(), name.to_string()), group.source)
        })
        .collect();
    let place = Place {
        stream: fleet.logging.stream.name.clone(),
        region: region(&fleet, from.region.as_ref())?,
        login: Ok(Login {
            profile: fleet.logging.profile.clone(),
            role: None,
            account: fleet.logging.account.clone(),
        }),
    };
    Ok((place, wanted))
}

/// The Region of the stream: the fleet's only one, or the one that is given.
fn region(fleet: &Fleet, given: Option<&Region>) -> Result<Region, Usage> {
    let regions = fleet.logging.stream_regions();
    let names = || {
        regions
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    };
    match given {
        Some(region) if regions.contains(region) => Ok(region.clone()),
        Some(region) => Err(Usage(format!(
            "the fleet has no stream in {region}; it has one in: {}",
            names()
        ))),
        None => match regions.first() {
            Some(only) if regions.len() == 1 => Ok((*only).clone()),
            _ => Err(Usage(format!(
                "the fleet has streams in several Regions; pass --region with one of: {}",
                names()
            ))),
        },
    }
}
