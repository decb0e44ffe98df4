//! A verification as text: how far each log group's path is proven, and where it ends.

use super::entry::Entry;
use super::tree::{self, Detail};
use crate::provision::resource::Resource;
use crate::provision::verification::{Fault, Object, PathState, Verification, Verified};

/// The verification as text, ending in a newline. No colour, no line wrapped.
pub fn text(verification: &Verification, detail: Detail) -> String {
    let entries: Vec<Entry> = verification.paths.iter().map(entry).collect();
    tree::text(&entries, 12, detail, &summary(verification))
}

fn entry(path: &Verified) -> Entry {
    let Verified {
        address,
        source,
        state,
        stream_ms,
        objects,
        fault,
        notes,
    } = path;
    let group = match &address.resource {
        Resource::Filter { log_group, .. } => format!("log group {log_group}"),
        other => other.to_string(),
    };
    let mut lines = Vec::new();
    if let Some(ms) = stream_ms {
        lines.push(format!("in the stream after {}", seconds(*ms)));
    }
    for Object { firehose, url, ms } in objects {
        let after = seconds(*ms);
        lines.push(format!("through Firehose stream {firehose} after {after}"));
        lines.push(format!("  {url}"));
    }
    if let Some(Fault { hop, why, hint }) = fault {
        lines.push(format!("{hop}: {why}"));
        lines.push(format!("  hint: {hint}"));
    }
    lines.extend(notes.iter().cloned());
    Entry {
        address: address.clone(),
        heading: format!("{state:<10}  {group} ({source})"),
        lines,
    }
}

fn seconds(ms: u64) -> String {
    format!("{}.{} s", ms / 1000, ms % 1000 / 100)
}

fn summary(verification: &Verification) -> String {
    let counts = verification.counts().into_iter();
    let counts = counts.filter(|(_, count)| *count > 0);
    let counts: Vec<String> = counts
        .map(|(state, count)| format!("{count} {state}"))
        .collect();
    if counts.is_empty() {
        return "No log group in scope.".to_owned();
    }
    let half = match verification.has(PathState::Sent) {
        true => {
            " What is sent was not looked for further, for want of the logging account's credentials."
        }
        false => "",
    };
    let slowest = verification.paths.iter().filter_map(|path| path.stream_ms);
    let slowest = match slowest.max() {
        Some(ms) => format!(" In the stream after {} at most.", seconds(ms)),
        None => String::new(),
    };
    format!("{}.{slowest}{half}", counts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provision::resource::{Party, ResourceAddress};
    use crate::provision::verification::Hop;

    fn path(member: &str, log_group: &str, state: PathState) -> Verified {
        let resource = Resource::Filter {
            log_group: log_group.parse().unwrap(),
            name: "catchment-kinesisDest".parse().unwrap(),
        };
        let region = "us-west-2".parse().unwrap();
        let number: u64 = member
            .strip_prefix('m')
            .map_or(7, |number| number.parse().unwrap());
        let account = format!("{number:012}").parse().unwrap();
        let party = Party::Member(member.parse().unwrap());
        Verified {
            address: ResourceAddress::new(party, &account, &region, resource),
            source: "cloudtrail".to_owned(),
            state,
            stream_ms: None,
            objects: Vec::new(),
            fault: None,
            notes: Vec::new(),
        }
    }

    fn fault(hop: Hop, why: &str, hint: &str) -> Option<Fault> {
        Some(Fault {
            hop,
            why: why.to_owned(),
            hint: hint.to_owned(),
        })
    }

    #[test]
    fn each_state_shows_how_far_its_path_is_proven() {
        let object = Object {
            firehose: "catchment".to_owned(),
            url: "s3://logs/logs/account=111122223333/x.gz".to_owned(),
            ms: 61_050,
        };
        let paths = vec![
            Verified {
                stream_ms: Some(1_260),
                objects: vec![object],
                ..path("dev1", "a", PathState::Proven)
            },
            Verified {
                notes: vec!["an earlier run had left its log stream".to_owned()],
                ..path("dev1", "b", PathState::Sent)
            },
            Verified {
                fault: fault(
                    Hop::Filter,
                    "its pattern holds the event back",
                    "look yourself",
                ),
                ..path("dev2", "c", PathState::NotProven)
            },
            Verified {
                fault: fault(
                    Hop::Stream,
                    "the stream could not be read",
                    "have it allowed",
                ),
                ..path("dev2", "d", PathState::Unknown)
            },
            Verified {
                fault: fault(
                    Hop::DestinationPolicy,
                    "it does not name the account",
                    "run it",
                ),
                ..path("dev2", "e", PathState::Failed)
            },
        ];
        insta::assert_snapshot!(text(&Verification { paths }, Detail::Full));
    }

    #[test]
    fn what_many_members_have_alike_is_shown_as_one() {
        let proven = |number: u64| Verified {
            stream_ms: Some(100 * number),
            objects: vec![Object {
                firehose: "f".to_owned(),
                url: format!(
                    "s3://b/account={number}/{:x}.gz",
                    0x9e37_79b9_7f4a * (number + 1)
                ),
                ms: 200 * number,
            }],
            ..path(
                &format!("m{number}"),
                &format!("g{number}"),
                PathState::Proven,
            )
        };
        let failed = |number: u64| Verified {
            fault: fault(
                Hop::Filter,
                "no subscription filter delivers it",
                &format!("run `catchment apply --member m{number}`"),
            ),
            ..path(
                &format!("m{number}"),
                &format!("g{number}"),
                PathState::Failed,
            )
        };
        let paths = (0..40).map(proven).chain((40..50).map(failed)).collect();
        insta::assert_snapshot!(text(&Verification { paths }, Detail::Screen));
    }

    #[test]
    fn without_a_log_group_there_is_nothing_to_show() {
        let none = Verification { paths: Vec::new() };
        assert_eq!(text(&none, Detail::Full), "No log group in scope.\n");
    }
}
