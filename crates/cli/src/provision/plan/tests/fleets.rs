//! The fleets that the generated states are of.

use std::sync::LazyLock;

use crate::provision::desired::Desired;
use crate::provision::fleet::{Fleet, TEMPLATE};

/// The seed fleet, and others like it.
pub(super) static FLEETS: LazyLock<Vec<Desired>> = LazyLock::new(|| {
    let mut fleets = Vec::new();
    for scaling in ["shards = 4", "shards = 9", "mode = \"on-demand\""] {
        for key in [
            "none",
            "aws/kinesis",
            "arn:aws:kms:us-west-2:999988887777:key/k",
        ] {
            for tags in ["", "[tags]\nteam = \"security\"", ORGANIZATION] {
                for (regions, groups) in [
                    ("[\"us-west-2\"]", "\"cwl_vpc_fl_member_account_1\""),
                    (
                        "[\"us-west-2\", \"eu-west-1\"]",
                        "\"cwl_vpc_fl_member_account_1\"",
                    ),
                    ("[\"us-west-2\"]", "\"/aws/vpc/*\", \"flow\""),
                ] {
                    let stream = format!("retention_hours = 168\nencryption = \"{key}\"");
                    let text = TEMPLATE
                        .replace("shards = 4", scaling)
                        .replace("retention_hours = 168", &stream);
                    let text = text
                        .replacen("[\"us-west-2\"]", regions, 1)
                        .replace("\"cwl_vpc_fl_member_account_1\"", groups);
                    let text = match tags {
                        ORGANIZATION => text.replacen("[logging]", ORGANIZATION, 1),
                        tags => format!("{text}\n{tags}"),
                    };
                    // a customer key serves one Region only
                    let fleet = Fleet::parse(&text).ok();
                    fleets.extend(fleet.map(|fleet| Desired::of_fleet(&fleet).unwrap()));
                }
            }
        }
    }
    assert_eq!(fleets.len(), 72);
    fleets
});

/// Lets the organization subscribe, and bounds the roles.
pub(super) const ORGANIZATION: &str = "[logging]\naccess = \"organization\"\norganization = \"o-a1b2c3d4e5\"\npermissions_boundary = \"arn:aws:iam::aws:policy/PowerUserAccess\"";
