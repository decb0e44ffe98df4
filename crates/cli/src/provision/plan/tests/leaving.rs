//! Accounts that are destroyed while the rest of the fleet stays.

use std::collections::BTreeSet;

use super::orphan::{ONE, fleet, seen_by};
use super::{Reason, State, destroy};
use crate::output::{self, Detail};
use crate::provision::desired::Scope;

#[test]
fn an_account_that_leaves_loses_its_filters_first() {
    let all = fleet(&["1", "2"], ONE, "cwrole", false);
    let world = seen_by(&all, &all);
    let scope = Scope {
        logging: false,
        members: BTreeSet::from(["m2".parse().unwrap()]),
    };
    let part = all.leaving(&scope, &[]).unwrap();
    insta::assert_snapshot!(output::plan::text(&destroy(&part, &world, false), Detail::Full), @"
    member account 222222222222 (m2)
      us-west-2
        - subscription filter catchment-kinesisDest on trail
            delete (destroy)

    logging account 999988887777
      us-west-2
        ~ logs::Destination kinesisDest
            put destination policy (destroy)
              ~ CatchmentSubscribe
                  Principal.AWS
                    - 222222222222
      all Regions
        ~ role cwrole
            put trust policy (destroy)
              ~ CatchmentDelivery
                  Condition.StringLike.aws:SourceArn
                    - arn:aws:logs:us-west-2:222222222222:*

    0 to create, 2 to update, 1 to delete.
    ");
    // each after all before it, but for the filter
    let changes = destroy(&part, &world, false).changes;
    let needs = changes.iter().map(|change| change.needs.len());
    assert_eq!(needs.collect::<Vec<_>>(), [0, 1, 2]);
    super::assert_ends(&world, |world| destroy(&part, world, false));

    let mut unread = world;
    unread.logging.as_mut().unwrap().role = State::Unknown("no credentials".to_owned());
    let declined = destroy(&part, &unread, false).declined;
    insta::assert_snapshot!(format!("{}; {}", declined[0].why, declined[0].hint), @"what lets the account deliver stays, because it could not be read: no credentials; run `catchment destroy --account ID` with the credentials of the logging account");
    assert_eq!(declined[0].reason, Reason::Kept);
}
