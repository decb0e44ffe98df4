//! A saved plan: `plan --out` writes it, `apply FILE` or `destroy FILE` carries it out, unless anything has moved since.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, anyhow};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::fleet;
use super::purpose::Purpose;
use crate::args;
use crate::output::Hinted;
use crate::provision::plan::Plan;

/// What the file holds. Profiles are in it by name; credentials are not.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SavedPlan {
    kind: Kind,
    /// The version of the program that wrote it: another may plan differently.
    catchment: String,
    #[serde(flatten)]
    pub purpose: Purpose,
    scope: args::Scope,
    by_hand: args::ByHand,
    /// Of the fleet file, if there is one.
    fleet_sha256: Option<String>,
    /// As `plan --output json` prints it.
    plan: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    SavedPlan,
}

/// The key of the digest of all others, by which an edited file is noticed.
const DIGEST: &str = "sha256";

const VERSION: &str = env!("CARGO_PKG_VERSION");

impl SavedPlan {
    /// A plan for these flags.
    ///
    /// # Errors
    /// Fails if the fleet file cannot be read.
    pub(crate) fn new(
        purpose: &Purpose,
        target: &args::Target,
        plan: &Plan,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            kind: Kind::SavedPlan,
            catchment: VERSION.to_owned(),
            purpose: purpose.clone(),
            scope: target.scope.clone(),
            by_hand: target.by_hand.clone(),
            fleet_sha256: fleet_digest(target)?,
            plan: serde_json::to_value(plan)?,
        })
    }

    /// Writes the file, readable by its owner only, in the place of any other: whole or not at all.
    ///
    /// # Errors
    /// Fails if the folder cannot be written to.
    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let mut all: Map<String, Value> = serde_json::from_value(serde_json::to_value(self)?)?;
        all.insert(DIGEST.to_owned(), digest_of(&all)?.into());
        let folder = path.parent().filter(|folder| *folder != Path::new(""));
        let save = || {
            let mut file = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
            serde_json::to_writer_pretty(&mut file, &all)?;
            file.write_all(b"\n")?;
            file.persist(path)?;
            anyhow::Ok(())
        };
        save().with_context(|| format!("cannot write the plan to {}", path.display()))
    }

    /// Reads the plan that the command was given, if it was.
    ///
    /// # Errors
    /// Fails if the file is not a plan that this program wrote for this command, as it wrote it.
    pub(crate) fn read(changes: &args::Changes, command: &str) -> anyhow::Result<Option<Self>> {
        let Some(path) = &changes.plan else {
            return Ok(None);
        };
        let name = path.display();
        #[expect(clippy::disallowed_methods, reason = "commands read saved plans")]
        let text = std::fs::read(path)
            .with_context(|| format!("cannot read the plan {name}"))
            .map_err(|error| Hinted::new(error, AGAIN))?;
        let refused = |why: String| Hinted::new(anyhow!("{name} {why}"), AGAIN);
        let all: Map<String, Value> =
            serde_json::from_slice(&text).map_err(|_| refused("is not a saved plan".into()))?;
        match all.get("kind").and_then(Value::as_str) {
            Some("saved-plan") => {}
            Some("plan") => {
                let why = "is what `plan --output json` prints, not a saved plan";
                return Err(refused(why.into()).into());
            }
            _ => return Err(refused("is not a saved plan".into()).into()),
        }
        let version = all.get("catchment").and_then(Value::as_str);
        if version != Some(VERSION) {
            let version = version.unwrap_or("an unknown version");
            let why = format!("was written by catchment {version}; this is {VERSION}");
            return Err(refused(why).into());
        }
        let mut rest = all.clone();
        let digest = rest.remove(DIGEST);
        if digest != Some(digest_of(&rest)?.into()) {
            return Err(refused("was edited after catchment wrote it".into()).into());
        }
        let saved: Self = serde_json::from_value(Value::Object(rest))
            .with_context(|| format!("cannot read the plan {name}"))?;
        let made_for = saved.purpose.command();
        if made_for != command {
            let error = anyhow!("{name} is a plan to {made_for}; nothing was changed");
            let hint = format!("run `catchment {made_for} {name}`");
            return Err(Hinted::new(error, hint).into());
        }
        Ok(Some(saved))
    }

    /// The accounts that it was made for, reached with the flags of this run.
    ///
    /// # Errors
    /// Fails if the fleet file is no longer the one that it was made from.
    pub(crate) fn target(&self, flags: &args::Target) -> anyhow::Result<args::Target> {
        let target = args::Target {
            scope: self.scope.clone(),
            by_hand: self.by_hand.clone(),
            ..flags.clone()
        };
        if fleet_digest(&target)? != self.fleet_sha256 {
            let fleet = self.scope.fleet.display();
            let error = anyhow!("{fleet} has changed since the plan was made; nothing was changed");
            return Err(Hinted::new(error, AGAIN).into());
        }
        Ok(target)
    }

    /// Compares it with a plan made now.
    ///
    /// # Errors
    /// Fails if they are not the same, and names the first differences.
    pub(crate) fn check(&self, now: &Plan) -> anyhow::Result<()> {
        let (saved, now) = (changes(&self.plan), serde_json::to_value(now)?);
        let now = changes(&now);
        if saved == now {
            return Ok(());
        }
        let keys = |all: &[Map<String, Value>], others: &[Map<String, Value>]| {
            let moved = all.iter().filter(|change| !others.contains(change));
            let keys = moved.filter_map(|change| change.get("key")?.as_str().map(str::to_owned));
            keys.collect::<Vec<_>>()
        };
        let moved: BTreeSet<_> = [keys(&saved, &now), keys(&now, &saved)]
            .concat()
            .into_iter()
            .collect();
        let first: Vec<_> = moved.iter().take(NAMED_MAX).map(String::as_str).collect();
        let more = match moved.len().saturating_sub(NAMED_MAX) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let error =
            anyhow!("the accounts have changed since the plan was made; nothing was changed");
        let hint = format!("{AGAIN}; what differs: {}{more}", first.join(", "));
        Err(Hinted::new(error, hint).into())
    }
}

const AGAIN: &str = "run `catchment plan --out FILE` again, and look at what it says";

/// How many differences are named.
const NAMED_MAX: usize = 5;

/// What decides whether two plans are the same: each change's resource and action. A wait for a stream that has become ACTIVE
/// since, or not yet, does not count.
fn changes(plan: &Value) -> Vec<Map<String, Value>> {
    let changes = plan.get("changes").and_then(Value::as_array);
    let changes = changes.into_iter().flatten().filter_map(Value::as_object);
    let actions = changes.filter(|change| change.get("action") != Some(&"await-stream".into()));
    let decisive = actions.map(|change| {
        let mut change = change.clone();
        change.retain(|key, _| key != "why" && key != "needs");
        change
    });
    decisive.collect()
}

fn fleet_digest(target: &args::Target) -> anyhow::Result<Option<String>> {
    if target.by_hand.destination_arn.is_some() {
        return Ok(None);
    }
    Ok(Some(sha256(fleet::read(&target.scope.fleet)?.as_bytes())))
}

fn digest_of(all: &Map<String, Value>) -> anyhow::Result<String> {
    Ok(sha256(&serde_json::to_vec(all)?))
}

fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
