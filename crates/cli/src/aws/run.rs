//! What all calls of a run share: what they wait for at this moment, and when they are to stop waiting.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::provision::name::{AccountId, Region};

/// The shared state of one run.
#[derive(Debug)]
pub struct Run {
    /// How long a call may go unanswered, with the SDK's retries.
    pub timeout: Duration,
    board: Mutex<Board>,
    stop: watch::Sender<Stop>,
}

/// What is going on, for whoever shows it.
#[derive(Debug, Default)]
struct Board {
    /// Since when, and how many times at once.
    open: BTreeMap<Place, (Instant, usize)>,
    closed: BTreeSet<Place>,
    repeats: BTreeMap<u64, Repeat>,
    repeats_so_far: u64,
}

/// An account in a Region.
pub type Place = (AccountId, Region);

#[derive(Debug)]
struct Repeat {
    call: String,
    cause: String,
    since: Instant,
    at_most: Duration,
}

/// What no longer to wait for.
#[derive(Debug, Default)]
struct Stop {
    is_interrupted: bool,
    /// Causes of failure that do not go away, by Region.
    hopeless: BTreeSet<(Region, String)>,
}

/// A call that is repeated because AWS may be late.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The call and its place.
    pub call: String,
    /// Why AWS refuses it so far.
    pub cause: String,
    pub since: Duration,
    pub at_most: Duration,
}

impl Run {
    pub fn new(timeout: Duration) -> Self {
        Self {
            timeout,
            board: Mutex::default(),
            stop: watch::Sender::new(Stop::default()),
        }
    }

    /// The accounts that are open, each with the time since it was opened.
    pub fn open(&self) -> Vec<(Place, Duration)> {
        let board = self.board();
        let open = board.open.iter();
        open.map(|(place, (since, _))| (place.clone(), since.elapsed()))
            .collect()
    }

    /// The number of these places that were opened and closed again, or could not be opened.
    pub fn closed_of<'p>(&self, places: impl IntoIterator<Item = &'p Place>) -> usize {
        let board = self.board();
        let places = places.into_iter();
        places.filter(|place| board.closed.contains(*place)).count()
    }

    /// Forgets which places were closed: they are to be read once more.
    pub fn forget_closed(&self) {
        self.board().closed.clear();
    }

    /// The calls that are being repeated, longest first.
    pub fn repeated(&self) -> Vec<Waiting> {
        let board = self.board();
        let mut waits: Vec<_> = board.repeats.values().map(Repeat::waiting).collect();
        waits.sort_by_key(|wait| std::cmp::Reverse(wait.since));
        waits
    }

    /// Ends all waiting; calls in flight are still answered.
    pub fn interrupt(&self) {
        self.stop.send_modify(|stop| stop.is_interrupted = true);
    }

    pub fn is_interrupted(&self) -> bool {
        self.stop.borrow().is_interrupted
    }

    /// Ends all waiting for calls that fail of this cause in this Region.
    pub(super) fn give_up(&self, region: &Region, cause: &str) {
        let hopeless = (region.clone(), cause.to_owned());
        self.stop
            .send_modify(|stop| _ = stop.hopeless.insert(hopeless));
    }

    /// Sleeps before a call that failed of `cause` is repeated. False if it should not be repeated.
    pub(super) async fn pause(&self, time: Duration, region: &Region, cause: &str) -> bool {
        let hopeless = (region.clone(), cause.to_owned());
        self.sleep(time, |stop| stop.hopeless.contains(&hopeless))
            .await
    }

    /// Sleeps before the next look at something that takes time. False if the run was interrupted.
    pub(super) async fn pause_unless_interrupted(&self, time: Duration) -> bool {
        self.sleep(time, |_| false).await
    }

    async fn sleep(&self, time: Duration, is_over: impl Fn(&Stop) -> bool) -> bool {
        let mut stop = self.stop.subscribe();
        let stopped = stop.wait_for(|stop| stop.is_interrupted || is_over(stop));
        timeout(time, stopped).await.is_err()
    }

    /// Notes that a place is open until the result is dropped.
    pub(super) fn opening(self: &Arc<Self>, place: Place) -> Opened {
        let mut board = self.board();
        let open = board.open.entry(place.clone());
        open.or_insert_with(|| (Instant::now(), 0)).1 += 1;
        drop(board);
        Opened {
            run: Arc::clone(self),
            place,
        }
    }

    /// Notes that a call is being repeated until the result is dropped.
    pub(super) fn repeating(
        &self,
        call: String,
        cause: String,
        since: Instant,
        at_most: Duration,
    ) -> Repeating<'_> {
        let mut board = self.board();
        board.repeats_so_far += 1;
        let number = board.repeats_so_far;
        let repeat = Repeat {
            call,
            cause,
            since,
            at_most,
        };
        board.repeats.insert(number, repeat);
        Repeating { run: self, number }
    }

    /// What is shown is never worth a panic, even if another thread panicked over it.
    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Repeat {
    fn waiting(&self) -> Waiting {
        Waiting {
            call: self.call.clone(),
            cause: self.cause.clone(),
            since: self.since.elapsed(),
            at_most: self.at_most,
        }
    }
}

/// A place while it is open.
#[derive(Debug)]
pub(super) struct Opened {
    run: Arc<Run>,
    place: Place,
}

impl Drop for Opened {
    fn drop(&mut self) {
        let mut board = self.run.board();
        if let Some((_, times)) = board.open.get_mut(&self.place) {
            *times -= 1;
            if *times == 0 {
                board.open.remove(&self.place);
                board.closed.insert(self.place.clone());
            }
        }
    }
}

/// A call while it is repeated.
#[derive(Debug)]
pub(super) struct Repeating<'r> {
    run: &'r Run,
    number: u64,
}

impl Drop for Repeating<'_> {
    fn drop(&mut self) {
        self.run.board().repeats.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(600);

    fn region() -> Region {
        "us-west-2".parse().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_ends_early_if_the_cause_is_hopeless_or_the_run_is_interrupted() {
        let run = Run::new(LONG);
        let region = region();
        assert!(run.pause(LONG, &region, "late").await);
        run.give_up(&region, "late");
        let began = Instant::now();
        assert!(!run.pause(LONG, &region, "late").await);
        assert!(run.pause(Duration::from_secs(1), &region, "other").await);
        run.interrupt();
        assert!(!run.pause(LONG, &region, "other").await);
        assert!(!run.pause_unless_interrupted(LONG).await);
        assert_eq!(began.elapsed().as_secs(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_open_and_what_is_repeated_is_shown_while_it_lasts() {
        let run = Arc::new(Run::new(LONG));
        let place = ("999988887777".parse().unwrap(), region());
        let opened = run.opening(place.clone());
        let began = Instant::now();
        let repeating = run.repeating("call".into(), "cause".into(), began, LONG);
        tokio::time::advance(Duration::from_secs(3)).await;
        assert_eq!(run.open()[0].1.as_secs(), 3);
        assert_eq!(run.repeated()[0].since.as_secs(), 3);
        assert_eq!(run.closed_of([&place]), 0);
        drop((opened, repeating));
        assert!(run.open().is_empty() && run.repeated().is_empty());
        assert_eq!(run.closed_of([&place]), 1);
    }
}
