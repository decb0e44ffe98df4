//! Plans and statuses of a thousand members fit a screen; those of a few are shown in full.

use std::fmt::Write as _;

use crate::output::{self, Detail};
use crate::provision::desired::Desired;
use crate::provision::fleet::Fleet;
use crate::provision::observed::{LogGroup, Logging, LoggingRegion, Member, Observed, State};
use crate::provision::plan::{Consent, plan};
use crate::provision::resource::SubscriptionFilter;
use crate::provision::status::status;

const SCREEN_LINES: usize = 50;

/// This many members with three log groups in two Regions. A destination policy holds about 320 accounts, so that the members of
/// several fleets stand beside the logging account of the first.
fn fleet(members: usize, group: impl Fn(usize) -> String) -> Desired {
    let numbers: Vec<usize> = (1..=members).collect();
    let mut fleets = numbers
        .chunks(250)
        .map(|numbers| part_of_fleet(numbers, &group));
    let mut all = fleets.next().unwrap();
    all.members.extend(fleets.flat_map(|fleet| fleet.members));
    all
}

fn part_of_fleet(numbers: &[usize], group: &impl Fn(usize) -> String) -> Desired {
    let mut file = String::from(
        r#"[logging]
account = "999988887777"
regions = ["us-east-1", "us-west-2"]
destination = "kinesisDest"
role = "cwrole"
organization = "o-a1b2c3d4e5"

[logging.stream]
name = "Demo_Kinesis_Stream"
shards = 4
"#,
    );
    for &number in numbers {
        let (account, group) = (100_000_000_000 + number, group(number));
        let _ = write!(
            file,
            r#"
[[members]]
name = "dev{number}"
account = "{account}"
vpc_flow_logs = ["cwl_vpc_fl_{group}"]
cloudtrail = ["CloudTrail/{group}"]
guardduty = ["/aws/events/guardduty"]
"#
        );
    }
    Desired::of_fleet(&Fleet::parse(&file).unwrap()).unwrap()
}

/// Accounts in which each log group of a member stands as `state` says.
fn seen(
    desired: &Desired,
    state: impl Fn(usize, &SubscriptionFilter) -> State<LogGroup>,
) -> Observed {
    let logging = desired.logging.as_ref().unwrap();
    let regions = logging.regions.keys().map(|region| {
        let place = LoggingRegion {
            stream: State::Absent,
            destination: State::Absent,
        };
        (region.clone(), place)
    });
    let members = desired.members.iter().enumerate();
    let members = members.map(|(number, (name, member))| {
        let regions = member.regions.iter().map(|(region, filters)| {
            let groups = filters.by_name.iter();
            let groups = groups.map(|(group, filter)| (group.clone(), state(number, filter)));
            (region.clone(), groups.collect())
        });
        let member = Member {
            regions: regions.collect(),
            ..Member::default()
        };
        (name.clone(), member)
    });
    Observed {
        logging: Some(Logging {
            role: State::Absent,
            regions: regions.collect(),
        }),
        members: members.collect(),
    }
}

fn free(_: usize, _: &SubscriptionFilter) -> State<LogGroup> {
    State::Present(LogGroup::default())
}

fn check_fits(text: &str) {
    let lines = text.lines().count();
    assert!(lines <= SCREEN_LINES, "{lines} lines:\n{text}");
}

#[test]
fn the_plan_of_a_thousand_members_fits_a_screen() {
    let desired = fleet(1000, |number| format!("member_account_{number}"));
    let plan = plan(&desired, &seen(&desired, free), Consent::default());
    let text = output::plan::text(&plan, Detail::Screen);
    check_fits(&text);
    insta::assert_snapshot!(text);
    let full = output::plan::text(&plan, Detail::Full);
    assert!(full.contains("CloudTrail/member_account_777"));
    assert!(full.lines().count() > 30_000);
}

#[test]
fn log_groups_with_nothing_in_common_fit_too() {
    let desired = fleet(1000, |number| {
        let letter = |shift: usize| char::from(b"abcdefghij"[number / shift % 10]);
        (0..3)
            .map(|digit| letter(10_usize.pow(digit)))
            .chain([letter(1)])
            .collect()
    });
    let plan = plan(&desired, &seen(&desired, free), Consent::default());
    check_fits(&output::plan::text(&plan, Detail::Screen));
}

#[test]
fn a_few_members_are_shown_in_full() {
    let desired = fleet(5, |number| format!("member_account_{number}"));
    let plan = plan(&desired, &seen(&desired, free), Consent::default());
    let [screen, full] =
        [Detail::Screen, Detail::Full].map(|detail| output::plan::text(&plan, detail));
    assert_eq!(screen, full);
}

#[test]
fn a_single_member_that_cannot_be_read_is_told_once() {
    let desired = fleet(100, |number| format!("member_account_{number}"));
    let observed = seen(&desired, |number, filter| match number {
        7 => State::Unknown("profile `dev7` does not exist".to_owned()),
        _ => free(number, filter),
    });
    let plan = plan(&desired, &observed, Consent::default());
    let text = output::plan::text(&plan, Detail::Screen);
    check_fits(&text);
    assert_eq!(text.matches("does not exist").count(), 1, "{text}");
    let full = output::plan::text(&plan, Detail::Full);
    assert_eq!(full.matches("does not exist").count(), 6);
}

#[test]
fn what_is_broken_stands_out_among_a_thousand() {
    let desired = fleet(1000, |number| format!("member_account_{number}"));
    let other = |filter: &SubscriptionFilter, name: String| SubscriptionFilter {
        name: name.parse().unwrap(),
        destination: "arn:aws:lambda:us-west-2:111122223333:function:splunk"
            .parse()
            .unwrap(),
        ..filter.clone()
    };
    let observed = seen(&desired, |number, filter| match number % 50 {
        0 => State::Unknown(format!("profile `team {number}` does not exist")),
        1 => State::Absent,
        2 => State::Unknown(format!("no answer from {}", filter.destination)),
        3 => State::Present(LogGroup {
            filters: vec![other(filter, format!("to-splunk-{number}"))],
        }),
        _ => State::Present(LogGroup {
            filters: vec![filter.clone()],
        }),
    });
    let text = output::plan::text(
        &plan(&desired, &observed, Consent::default()),
        Detail::Screen,
    );
    check_fits(&text);
    insta::assert_snapshot!("broken_plan", text);
    let text = output::status::text(&status(&desired, &observed), Detail::Screen);
    check_fits(&text);
    insta::assert_snapshot!("broken_status", text);
}
