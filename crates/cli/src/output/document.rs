//! What `--output json` prints: one document a run, of one shape, which `catchment schema` describes.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

use crate::batch::explain::{Explained, Sent};
use crate::provision::desired::NamedDocument;
use crate::provision::discovery::Discovery;
use crate::provision::plan::{Outcome, Plan};
use crate::provision::status::Status;
use crate::provision::verification::Verification;

/// The result of a command.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Document<'a> {
    /// Of `catchment discover`.
    Discovery(&'a Discovery),
    /// Of `catchment plan`.
    Plan(&'a Plan),
    /// Of `catchment apply` and `catchment destroy`: the plan that was carried out, and what became of each change, by its `key`.
    Report {
        plan: &'a Plan,
        outcome: &'a Outcome,
    },
    /// Of `catchment status`.
    Status(&'a Status),
    /// Of `catchment verify`.
    Verification(&'a Verification),
    /// Of `catchment policies`.
    Policies { policies: &'a [NamedDocument] },
    /// Of `catchment replay --explain` and `catchment replay --put`: the records by what becomes of them.
    Explanation {
        groups: &'a [Explained],
        /// `null` without --put.
        put: Option<&'a Sent>,
    },
}

/// Raised if a key is removed or changes its meaning; a new key, or a new value of `kind`, `action`, `reason` or `state`, does not raise it.
const VERSION: u32 = 1;

/// The result of a catchment command with --output json
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "catchment")]
pub(super) struct Versioned<'a> {
    /// Raised if a key is removed or changes its meaning. Keys and values may be added without.
    #[schemars(extend("const" = VERSION))]
    version: u32,
    #[serde(flatten)]
    document: Document<'a>,
}

impl<'a> From<Document<'a>> for Versioned<'a> {
    fn from(document: Document<'a>) -> Self {
        Self {
            version: VERSION,
            document,
        }
    }
}

/// The JSON Schema of all documents.
pub fn schema() -> Schema {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    settings
        .into_generator()
        .into_root_schema_for::<Versioned<'_>>()
}
