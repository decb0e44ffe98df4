//! Order, lanes, failures, and members that are not tried.

use super::*;
use crate::provision::plan::{Coverage, FilterAction, StreamAction};
use crate::provision::resource::{Distribution, Login, Party, Resource, SubscriptionFilter};

fn filter(member: usize, group: &str, needs: &[&Change]) -> Change {
    let account = format!("{}", 100_000_000_000 + member).parse().unwrap();
    let region: Region = "us-west-2".parse().unwrap();
    let after = SubscriptionFilter {
        name: "f".parse().unwrap(),
        pattern: Default::default(),
        destination: "arn:aws:logs:us-west-2:999988887777:destination:d"
            .parse()
            .unwrap(),
        distribution: Distribution::Random,
        system_fields: BTreeSet::new(),
        role: None,
    };
    let name: crate::provision::name::MemberName = format!("m{member}").parse().unwrap();
    let group: crate::provision::name::LogGroupName = group.parse().unwrap();
    let resource = Resource::Filter {
        log_group: group.clone(),
        name: after.name.clone(),
    };
    let party = Party::Member(name.clone());
    let address = ResourceAddress::new(party, &account, &region, resource);
    let put = FilterAction::Put {
        before: None,
        after,
        selected_by: None,
        beside: Vec::new(),
        destination: Coverage::Planned,
    };
    change(address, region, Action::Filter(name, group, put), needs)
}

fn stream() -> Change {
    let account = "999988887777".parse().unwrap();
    let region: Region = "us-west-2".parse().unwrap();
    let name: crate::provision::name::StreamName = "s".parse().unwrap();
    let resource = Resource::Stream(name.clone());
    let address = ResourceAddress::new(Party::Logging, &account, &region, resource);
    change(
        address,
        region,
        Action::Stream(name, StreamAction::Delete),
        &[],
    )
}

fn change(address: ResourceAddress, region: Region, action: Action, needs: &[&Change]) -> Change {
    Change {
        key: ChangeKey::new(&address, "x"),
        login: Login {
            role: None,
            profile: None,
            account: address.account,
        },
        region,
        action,
        why: String::new(),
        needs: needs.iter().map(|change| change.key.clone()).collect(),
    }
}

fn plan(changes: Vec<Change>) -> Plan {
    Plan {
        changes,
        ..Plan::default()
    }
}

fn all<'a>(queue: &mut Queue<'a>) -> Vec<&'a Change> {
    std::iter::from_fn(|| queue.take()).collect()
}

#[test]
fn a_change_waits_for_what_it_needs_and_for_its_lane() {
    let stream = stream();
    let filters = [filter(1, "a", &[&stream]), filter(1, "b", &[&stream])];
    let [first, second] = filters;
    let plan = plan(vec![stream, first, second]);
    let [stream, first, second] = [0, 1, 2].map(|index| &plan.changes[index]);
    let mut queue = Queue::new(&plan);
    assert_eq!(all(&mut queue), [stream]);
    queue.done(stream);
    assert_eq!(all(&mut queue), [first]);
    queue.done(first);
    assert_eq!(all(&mut queue), [second]);
    queue.done(second);
    assert_eq!(queue.rest().count(), 0);
}

#[test]
fn what_needs_a_failed_change_is_not_tried() {
    let stream = stream();
    let filter = filter(1, "a", &[&stream]);
    let plan = plan(vec![stream, filter]);
    let mut queue = Queue::new(&plan);
    let stream = queue.take().unwrap();
    let failed = queue.failed(stream, Some("no answer"));
    assert_eq!(failed.not_tried, [&plan.changes[1]]);
    assert!(!failed.is_hopeless && queue.take().is_none());
}

#[test]
fn a_few_members_try_first_and_the_others_follow_a_success() {
    let plan = plan((0..10).map(|member| filter(member, "a", &[])).collect());
    let mut queue = Queue::new(&plan);
    let first = all(&mut queue);
    assert_eq!(first.len(), STRIKES_MAX);
    queue.done(first[0]);
    assert_eq!(all(&mut queue).len(), 10 - STRIKES_MAX);
}

#[test]
fn after_the_same_cause_in_several_members_no_other_is_tried() {
    let plan = plan((0..10).map(|member| filter(member, "a", &[])).collect());
    let mut queue = Queue::new(&plan);
    let first = all(&mut queue);
    assert!(!queue.failed(first[0], Some("refused")).is_hopeless);
    assert!(!queue.failed(first[1], Some("refused")).is_hopeless);
    let failed = queue.failed(first[2], Some("refused"));
    assert!(failed.is_hopeless);
    assert_eq!(failed.not_tried.len(), 10 - STRIKES_MAX);
    assert!(queue.take().is_none());
}

#[test]
fn other_causes_and_successes_in_between_stop_nobody() {
    let plan = plan((0..12).map(|member| filter(member, "a", &[])).collect());
    let mut queue = Queue::new(&plan);
    let mut running = VecDeque::new();
    let causes = [Some("refused"), Some("refused"), None, Some("throttled")];
    let mut ended = 0;
    loop {
        running.extend(all(&mut queue));
        let Some(change) = running.pop_front() else {
            break;
        };
        match ended % 5 {
            4 => queue.done(change),
            turn => assert!(!queue.failed(change, causes[turn]).is_hopeless),
        }
        ended += 1;
    }
    assert_eq!(ended, 12);
}
