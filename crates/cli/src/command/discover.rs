//! `catchment discover`: finds the log groups of the sources, and proposes lines for the fleet file.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::pin::pin;

use anyhow::{Context, anyhow};
use futures_util::future::join_all;
use tempfile::NamedTempFile;
use tokio::time::interval;

use super::operations::connect::{self, hinted};
use super::operations::exit::{ExitStatus, Usage};
use super::operations::fleet;
use super::operations::interrupt::Interrupts;
use super::operations::session::{TICK, block_on, connect};
use crate::args::{self, OutputFormat};
use crate::aws::Connections;
use crate::aws::discover::{Searching, search};
use crate::aws::organization::{self, Accounts, OrganizationError, Wanted};
use crate::output::document::Document;
use crate::output::{self, Hinted, Output, Progress};
use crate::provision::desired::DesiredError;
use crate::provision::discovery::{
    self, Account, Discovery, Organization, Proposal, Searched, accounts_of_organization, merged,
};
use crate::provision::fleet::Fleet;
use crate::provision::name::Region;
use crate::provision::observed::State;
use crate::provision::resource::Login;

/// Runs the command.
///
/// # Errors
/// Fails if the fleet file or a flag is wrong, if a profile given by flag has no credentials, or if the fleet file cannot be written.
pub(super) fn run(args: &args::Discover, output: &mut Output) -> anyhow::Result<ExitStatus> {
    let text = fleet::read(&args.fleet)?;
    // the first members may be those that are found
    let fleet = match args.organization || !args.profiles.is_empty() {
        true => fleet::parsed_without_members(&text, &args.fleet)?,
        false => fleet::parsed(&text, &args.fleet)?,
    };
    if let Some(name) = args
        .members
        .iter()
        .find(|name| !fleet.members.contains_key(*name))
    {
        let error = DesiredError::NoSuchMember {
            name: name.to_string(),
            known: fleet.members.keys().map(ToString::to_string).collect(),
        };
        return Err(Usage(error.to_string()).into());
    }
    let discovery = block_on(async {
        let (connections, progress, interrupts) = connect(&args.calls);
        let (accounts, organization) = match args.organization {
            true => {
                let listing = of_organization(args, &fleet, &connections, &progress);
                let listing = interrupts.unless_pressed(listing).await;
                progress.clear();
                let (accounts, organization) = listing?;
                (accounts, Some(organization))
            }
            false => (
                accounts(args, &fleet, &connections, &interrupts).await?,
                None,
            ),
        };
        let searching = searched(&fleet, &accounts, &connections, &progress);
        let searched = interrupts.unless_pressed(searching).await;
        progress.clear();
        Ok(Discovery::of(&fleet, searched?, organization))
    })?;
    match args.format.output {
        OutputFormat::Json => output.document(Document::Discovery(&discovery))?,
        OutputFormat::Text => output.text(&output::discovery::text(&discovery, args.write))?,
    }
    if args.write && !discovery.proposals.is_empty() {
        write(&args.fleet, &text, &discovery.proposals)?;
        output.note(&format!(
            "wrote {}; next, run `catchment plan`",
            args.fleet.display()
        ))?;
    }
    Ok(ExitStatus::of_success(!discovery.is_unread()))
}

/// The accounts to search: those of the flags, or else all members.
async fn accounts(
    args: &args::Discover,
    fleet: &Fleet,
    connections: &Connections,
    interrupts: &Interrupts,
) -> anyhow::Result<Vec<Account<()>>> {
    let mut accounts = if args.profiles.is_empty() || !args.members.is_empty() {
        discovery::accounts(fleet, &args.members)
    } else {
        Vec::new()
    };
    let Some(home) = fleet.logging.regions.first() else {
        return Ok(accounts);
    };
    for profile in &args.profiles {
        let account = async {
            let account = connections.account(Some(profile), home).await;
            account.map_err(|error| hinted(error).into())
        };
        let login = Login {
            account: interrupts.unless_pressed(account).await?,
            profile: Some(profile.clone()),
            role: None,
        };
        for account in discovery::accounts_of(fleet, &login) {
            let is_new = |one: &Account<()>| {
                one.account != account.account || one.regions != account.regions
            };
            if accounts.iter().all(is_new) {
                accounts.push(account);
            }
        }
    }
    Ok(accounts)
}

/// The accounts of the organization to search, and what there is to say about the others.
async fn of_organization(
    args: &args::Discover,
    fleet: &Fleet,
    connections: &Connections,
    progress: &Progress,
) -> anyhow::Result<(Vec<Account<()>>, Organization)> {
    let logging = &fleet.logging;
    let home = logging.regions.first();
    let home = home.filter(|home| fleet.newcomer.login(&logging.account, home).is_some());
    let Some(home) = home else {
        let error =
            anyhow!("the fleet file does not say how to enter the accounts of an organization");
        let hint =
            "add assume_role = \"arn:{partition}:iam::{account}:role/Catchment\" under [defaults]";
        return Err(Hinted::new(error, hint).into());
    };
    let profile = args
        .management_profile
        .as_ref()
        .or(logging.profile.as_ref());
    let connection = connect::connect(connections, profile, home).await?;
    let wanted = Wanted {
        units: &args.units,
        tags: &args.tags,
    };
    let read = Cell::default();
    let mut listing = pin!(organization::accounts(&connection, wanted, &read));
    progress.begin("listing the organization's accounts", 1);
    let mut tick = interval(TICK);
    let mut shown = 0;
    let Accounts { all, wanted } = loop {
        tokio::select! {
            listed = &mut listing => break listed.map_err(explained)?,
            _ = tick.tick() => {
                let (ended, all) = read.get();
                if all != shown {
                    progress.begin("reading the accounts' tags", all);
                    shown = all;
                }
                progress.show(ended, &[]);
            }
        }
    };
    let organization = Organization::of(fleet, &all, &wanted);
    let accounts = accounts_of_organization(fleet, home, &all, &wanted);
    Ok((accounts.unwrap_or_default(), organization))
}

fn explained(error: OrganizationError) -> Hinted {
    let hint = match &error {
        OrganizationError::Call(call) => match call.code() {
            Some("AWSOrganizationsNotInUse") => {
                "its account is in no organization; name a profile of one with --management-profile"
                    .to_owned()
            }
            Some("AccessDenied") => format!(
                "only the management account and delegated administrators may list the accounts: name a profile of one with --management-profile, and allow {} to it, as `catchment policies --logging` prints",
                call.action
            ),
            _ => call.explanation().hint,
        },
        OrganizationError::NoUnit { .. } => {
            "name the units from the root on, as in Workloads/Production, or the unit's id"
                .to_owned()
        }
    };
    Hinted::new(error, hint)
}

/// Searches all accounts, and shows how far that is.
async fn searched(
    fleet: &Fleet,
    accounts: &[Account<()>],
    connections: &Connections,
    progress: &Progress,
) -> anyhow::Result<Vec<Account<State<Searched>>>> {
    let searching: Vec<BTreeMap<&Region, Searching>> = accounts
        .iter()
        .map(|one| {
            let regions = one.regions.keys();
            regions
                .map(|region| (region, Searching::default()))
                .collect()
        })
        .collect();
    let searches = accounts.iter().zip(&searching).map(|(account, searching)| {
        let lead = |group: &_| discovery::lead(fleet, account, group);
        search(connections, account, lead, searching)
    });
    let mut searches = pin!(join_all(searches));
    let places = || searching.iter().flatten().map(|(_, one)| one);
    progress.begin("searching accounts", places().count());
    let mut tick = interval(TICK);
    loop {
        tokio::select! {
            searched = &mut searches => return Ok(searched),
            _ = tick.tick() => {
                let ended = places().filter(|one| one.all.get() > 0 && one.done.get() == one.all.get());
                progress.show(ended.count(), &lines(accounts, &searching));
            }
        }
    }
}

/// What is being looked at: a line for each Region of an account.
fn lines(accounts: &[Account<()>], searching: &[BTreeMap<&Region, Searching>]) -> Vec<String> {
    let regions = accounts
        .iter()
        .zip(searching)
        .flat_map(|(account, regions)| {
            regions
                .iter()
                .map(move |(region, one)| (account, region, one))
        });
    regions
        .filter(|(_, _, one)| one.done.get() < one.all.get())
        .map(|(account, region, one)| {
            let (done, all) = (one.done.get(), one.all.get());
            format!("{}, {region}: {done} of {all} log groups", account.account)
        })
        .collect()
}

/// Adds the proposals to the fleet file, which must be as it was when the search began.
fn write(path: &Path, before: &str, proposals: &[Proposal]) -> anyhow::Result<()> {
    if fleet::read(path)? != before {
        let error = anyhow!(
            "{} was changed meanwhile; nothing was written",
            path.display()
        );
        return Err(Hinted::new(error, "run the same command again").into());
    }
    let text = merged(before, proposals).map_err(|error| {
        let error = anyhow::Error::from(error)
            .context(format!("cannot add log groups to {}", path.display()));
        Hinted::new(error, "add the lines above by hand")
    })?;
    replace(path, &text).with_context(|| format!("cannot write {}", path.display()))
}

/// Replaces a file: whole or not at all, with the permissions that it has.
fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    // a link stays, and the file that it leads to is replaced
    let path = path.canonicalize()?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file()
        .set_permissions(path.metadata()?.permissions())?;
    file.persist(path)?;
    Ok(())
}
