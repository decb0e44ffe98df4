//! The reader against a simulated stream: all of a range is read once, whatever happens to the shards, and no shard too often.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::convert::Infallible;

use proptest::prelude::*;

use super::*;
use crate::aws::call::Fault;

/// A stream whose shards split while it is read. A second of its time is a second of the test's.
#[derive(Default)]
struct Simulated {
    shards: BTreeMap<String, Shard>,
    began: Option<Instant>,
    began_at: Option<SystemTime>,
    /// When each shard was asked for records.
    asked: RefCell<BTreeMap<String, Vec<Instant>>>,
    /// Every so many calls an iterator has expired.
    expires_every: usize,
}

#[derive(Default)]
struct Shard {
    opens: u64,
    closes: Option<u64>,
    children: Vec<String>,
    /// When each record arrives, in seconds.
    arrivals: Vec<u64>,
}

/// The reading begins when the stream is so many seconds old.
const NOW: u64 = 1_000;

impl Simulated {
    fn age(&self) -> u64 {
        NOW + self.began.map_or(0, |began| began.elapsed().as_secs())
    }

    fn arrived(&self, shard: &str) -> usize {
        let age = self.age();
        self.shards[shard]
            .arrivals
            .iter()
            .filter(|arrival| **arrival <= age)
            .count()
    }
}

fn expired() -> CallError {
    CallError {
        action: GET_RECORDS,
        resource: String::new(),
        account: "999988887777".parse().unwrap(),
        region: "us-west-2".parse().unwrap(),
        fault: Box::new(Fault::Refused {
            code: "ExpiredIteratorException".to_owned(),
            message: String::new(),
        }),
    }
}

impl Shards for Simulated {
    async fn list(&self, range: Range) -> Result<Vec<String>, CallError> {
        let from = match range {
            Range::Next(_) => NOW,
            Range::Last(time) => NOW - time.as_secs(),
        };
        let is_in =
            |shard: &Shard| shard.opens <= NOW && shard.closes.is_none_or(|closes| closes >= from);
        let shards = self.shards.iter().filter(|(_, shard)| is_in(shard));
        Ok(shards.map(|(name, _)| name.clone()).collect())
    }

    async fn iterator(&self, shard: &str, start: &Start) -> Result<String, CallError> {
        let position = match start {
            Start::Latest => self.arrived(shard),
            Start::Horizon => 0,
            Start::After(number) => {
                number.rsplit_once('-').unwrap().1.parse::<usize>().unwrap() + 1
            }
            Start::At(time) => {
                let ago = self.began_at.unwrap().duration_since(*time);
                let from = NOW - ago.unwrap_or_default().as_secs_f64().round() as u64;
                self.shards[shard]
                    .arrivals
                    .iter()
                    .filter(|arrival| **arrival < from)
                    .count()
            }
        };
        Ok(position.to_string())
    }

    async fn records(&self, name: &str, iterator: &str) -> Result<Page, CallError> {
        let mut asked = self.asked.borrow_mut();
        let asked = asked.entry(name.to_owned()).or_default();
        asked.push(Instant::now());
        if self.expires_every > 0 && asked.len().is_multiple_of(self.expires_every) {
            return Err(expired());
        }
        let from: usize = iterator.parse().unwrap();
        let shard = &self.shards[name];
        let to = self.arrived(name).min(from + 3);
        let records = (from..to).map(|number| Fetched {
            sequence_number: format!("{name}-{number}"),
            partition_key: String::new(),
            arrived: 0,
            data: vec![0; 100_000],
        });
        let is_over =
            to == shard.arrivals.len() && shard.closes.is_some_and(|closes| closes <= self.age());
        let next = shard
            .arrivals
            .get(to)
            .filter(|arrival| **arrival <= self.age());
        Ok(Page {
            records: records.collect(),
            behind: Duration::from_secs(next.map_or(0, |arrival| self.age() - arrival + 1)),
            iterator: (!is_over).then(|| to.to_string()),
            children: if is_over {
                shard.children.clone()
            } else {
                Vec::new()
            },
            ..Page::default()
        })
    }
}

/// What is read of a range, and the last progress.
async fn all(stream: &mut Simulated, range: Range) -> (Vec<String>, Progress) {
    stream.began = Some(Instant::now());
    stream.began_at = Some(ago(Duration::ZERO));
    let mut found = Vec::new();
    let mut last = Progress {
        shards: 0,
        ended: 0,
    };
    let taken = read(&*stream, range, |progress, page| {
        last = progress;
        found.extend(
            page.records
                .into_iter()
                .map(|record| record.sequence_number),
        );
        Ok::<_, Infallible>(())
    });
    taken.await.unwrap();
    found.sort();
    (found, last)
}

fn shard(opens: u64, closes: Option<u64>, children: &[&str], arrivals: Vec<u64>) -> Shard {
    let children = children.iter().map(|child| (*child).to_owned()).collect();
    Shard {
        opens,
        closes,
        children,
        arrivals,
    }
}

#[tokio::test(start_paused = true)]
async fn a_shard_that_closes_meanwhile_is_followed_by_its_children_and_those_by_theirs() {
    let mut stream = Simulated::default();
    let shards = [
        (
            "a",
            shard(0, Some(NOW + 2), &["b", "c"], vec![NOW - 5, NOW + 1]),
        ),
        ("b", shard(NOW + 2, Some(NOW + 4), &["d"], vec![NOW + 3])),
        ("c", shard(NOW + 2, Some(NOW + 4), &["d"], vec![])),
        ("d", shard(NOW + 4, None, &[], vec![NOW + 5, NOW + 60])),
        ("other", shard(0, None, &[], vec![NOW + 2])),
    ];
    stream.shards = shards
        .into_iter()
        .map(|(name, shard)| (name.to_owned(), shard))
        .collect();
    let (found, progress) = all(&mut stream, Range::Next(Duration::from_secs(10))).await;
    assert_eq!(found, ["a-1", "b-0", "d-0", "other-0"]);
    assert_eq!(
        progress,
        Progress {
            shards: 5,
            ended: 5
        }
    );
}

#[tokio::test(start_paused = true)]
async fn what_has_arrived_is_read_to_the_moment_at_which_reading_began_and_old_shards_are_left_out()
{
    let mut stream = Simulated::default();
    let shards = [
        (
            "old",
            shard(0, Some(NOW - 200), &["young"], vec![NOW - 300]),
        ),
        (
            "young",
            shard(
                NOW - 200,
                None,
                &[],
                vec![NOW - 150, NOW - 50, NOW - 1, NOW + 500],
            ),
        ),
    ];
    stream.shards = shards
        .into_iter()
        .map(|(name, shard)| (name.to_owned(), shard))
        .collect();
    let (found, _) = all(&mut stream, Range::Last(Duration::from_secs(100))).await;
    assert_eq!(found, ["young-1", "young-2"]);
    assert!(stream.began.unwrap().elapsed() < Duration::from_secs(2));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_record_of_the_range_is_read_once_and_no_shard_more_than_twice_a_second(
        arrivals in prop::collection::vec(prop::collection::vec(NOW - 60..NOW + 20, 0..60), 1..20),
        is_live in any::<bool>(),
        expires_every in 0..4_usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            // one expires in each call: nothing could be read
            let expires_every = if expires_every == 1 { 0 } else { expires_every };
            let mut stream = Simulated { expires_every, ..Simulated::default() };
            let mut expected = Vec::new();
            let (from, to) = if is_live { (NOW, NOW + 10) } else { (NOW - 31, NOW) };
            for (number, mut arrivals) in arrivals.into_iter().enumerate() {
                arrivals.sort_unstable();
                let name = format!("shard-{number:02}");
                let inside = arrivals.iter().enumerate().filter(|(_, at)| **at > from && **at <= to);
                expected.extend(inside.map(|(record, _)| format!("{name}-{record}")));
                stream.shards.insert(name, shard(0, None, &[], arrivals));
            }
            let range = if is_live { Range::Next(Duration::from_secs(10)) } else { Range::Last(Duration::from_secs(30)) };
            let (found, _) = all(&mut stream, range).await;
            let once: BTreeSet<_> = found.iter().collect();
            assert_eq!(once.len(), found.len(), "nothing twice");
            expected.retain(|one| !once.contains(one));
            assert!(expected.is_empty(), "{expected:?} of {found:?}");
            for asked in stream.asked.borrow().values() {
                for pair in asked.windows(2) {
                    assert!(pair[1] - pair[0] >= PACE, "{asked:?}");
                }
            }
        });
    }
}
