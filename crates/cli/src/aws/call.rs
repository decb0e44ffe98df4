//! One AWS call: kept below the quota, retried while that is worth it, and explained if it fails.

use std::collections::{BTreeMap, VecDeque};
use std::error::Error;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_cloudwatchlogs::error::{ProvideErrorMetadata, SdkError};
use tokio::time::{Instant, sleep_until, timeout};

use super::cause::innermost;
use super::explain::{Explanation, Refusal, Retry, Spread, explain};
use super::run::Run;
use crate::provision::name::{AccountId, Region};

/// A failed call, with all that a person needs to find the place.
#[derive(Debug, thiserror::Error)]
#[error("{action} failed on {resource} in account {account}{}", place(.action, .region))]
pub struct CallError {
    /// The IAM action, such as `logs:PutDestination`: service and operation in one.
    pub action: &'static str,
    pub resource: String,
    pub account: AccountId,
    pub region: Region,
    #[source]
    pub fault: Box<Fault>,
}

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The service answered with an error.
    #[error("{code}: {message}")]
    Refused { code: String, message: String },
    /// No answer came, or none that can be read. A write may or may not have been done.
    #[error("no answer: {0}")]
    Unanswered(String),
}

/// IAM has no Region.
fn place(action: &str, region: &Region) -> String {
    if action.starts_with("iam:") {
        String::new()
    } else {
        format!(", {region}")
    }
}

impl CallError {
    /// The service's error code, without the ending `Exception` that some services write.
    pub fn code(&self) -> Option<&str> {
        match self.fault.as_ref() {
            Fault::Refused { code, .. } => Some(code.strip_suffix("Exception").unwrap_or(code)),
            Fault::Unanswered(_) => None,
        }
    }

    /// Whether the service answered that the resource does not exist.
    pub fn is_not_found(&self) -> bool {
        matches!(self.code(), Some("ResourceNotFound" | "NoSuchEntity"))
    }

    /// Whether the refusal is about a `logs::Destination`.
    pub fn names_destination(&self) -> bool {
        matches!(self.fault.as_ref(), Fault::Refused { message, .. } if message.contains(":destination:"))
    }

    /// The real cause and the next step.
    pub fn explanation(&self) -> Explanation {
        self.fault.explanation(self.action)
    }
}

impl Fault {
    /// Reads the SDK's error.
    pub fn of<E, R>(error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
        R: std::fmt::Debug + Send + Sync + 'static,
    {
        match error.code() {
            Some(code) => Self::Refused {
                code: code.to_owned(),
                message: error.message().unwrap_or("without a message").to_owned(),
            },
            None => Self::Unanswered(innermost(error)),
        }
    }

    /// The real cause and the next step, if `action` was refused.
    pub fn explanation(&self, action: &str) -> Explanation {
        match self {
            Self::Refused { code, message } => explain(Refusal {
                action,
                code,
                message,
            }),
            Self::Unanswered(_) => Explanation {
                cause: "no answer came, even to retries".into(),
                hint: "check the network, HTTPS_PROXY, AWS_CA_BUNDLE and AWS_ENDPOINT_URL, then run the same command again; what is done stays done".into(),
                retry: Retry::Never,
                spread: Spread::Wide,
            },
        }
    }
}

/// Sends the calls to one account in one Region, within its quotas.
#[derive(Debug, Clone)]
pub struct Caller {
    pub account: AccountId,
    pub region: Region,
    endpoint: Arc<Endpoint>,
    run: Arc<Run>,
    patience: Duration,
}

/// What all connections to one account in one Region share, whichever profiles lead there.
#[derive(Debug, Default)]
pub struct Endpoint {
    /// When the last calls of each operation were sent, or will be.
    sent: Mutex<BTreeMap<&'static str, VecDeque<Instant>>>,
    /// A call was not answered in time, so that no other is sent.
    is_silent: AtomicBool,
}

/// The lowest quota is 5 calls per second of one operation. They may be sent at once, because what follows waits.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>
const CALLS_MAX: usize = 5;

/// A tenth longer than the second of the quota, because calls do not take equally long to arrive.
const CALLS_PERIOD: Duration = Duration::from_millis(1_100);

pub(super) const GET_ITERATOR: &str = "kinesis:GetShardIterator";
pub(super) const GET_RECORDS: &str = "kinesis:GetRecords";

pub(super) const LIST_BUCKET: &str = "s3:ListBucket";
pub(super) const GET_OBJECT: &str = "s3:GetObject";

/// Calls that are not paced here. Those to a shard have a quota of the shard's, and who reads shards keeps to it; S3 takes 5,500 a second
/// for each prefix (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html>).
const UNPACED: [&str; 4] = [GET_ITERATOR, GET_RECORDS, LIST_BUCKET, GET_OBJECT];

impl Endpoint {
    /// Waits until a call of this operation is within its quota.
    async fn turn(&self, action: &'static str) {
        if UNPACED.contains(&action) {
            return;
        }
        let now = Instant::now();
        let turn = {
            let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
            let sent = sent.entry(action).or_default();
            let first = sent
                .len()
                .checked_sub(CALLS_MAX)
                .and_then(|_| sent.pop_front());
            let turn = first.map_or(now, |first| now.max(first + CALLS_PERIOD));
            sent.push_back(turn);
            turn
        };
        sleep_until(turn).await;
    }
}

/// The wait before a retry doubles from the first to the longest.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(15);

impl Caller {
    pub fn new(account: AccountId, region: Region, endpoint: Arc<Endpoint>, run: Arc<Run>) -> Self {
        Self {
            account,
            region,
            endpoint,
            run,
            patience: Duration::MAX,
        }
    }

    /// The same, but a call is repeated for `patience` at most, whatever the error is worth.
    pub fn hurried(&self, patience: Duration) -> Self {
        Self {
            patience,
            ..self.clone()
        }
    }

    /// Sends a call, and repeats it while the error is worth that. The SDK itself retries transient errors.
    pub async fn call<T, E, R, Answer>(
        &self,
        action: &'static str,
        resource: &str,
        send: impl Fn() -> Answer,
    ) -> Result<T, CallError>
    where
        Answer: Future<Output = Result<T, SdkError<E, R>>>,
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
        R: std::fmt::Debug + Send + Sync + 'static,
    {
        let began = Instant::now();
        let mut wait = FIRST_WAIT;
        let mut repeating = None;
        loop {
            self.endpoint.turn(action).await;
            if self.endpoint.is_silent.load(Ordering::Relaxed) {
                return Err(self.silent(action, resource));
            }
            let error = match timeout(self.run.timeout, send()).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) => self.error(action, resource, Fault::of(&error)),
                Err(_) => {
                    self.endpoint.is_silent.store(true, Ordering::Relaxed);
                    return Err(self.silent(action, resource));
                }
            };
            let Explanation { cause, retry, .. } = error.explanation();
            let Retry::For(patience) = retry else {
                return Err(error);
            };
            let patience = patience.min(self.patience);
            if began.elapsed() + wait > patience {
                return Err(error);
            }
            repeating.get_or_insert_with(|| {
                let call = format!(
                    "{action} on {resource} in account {}{}",
                    self.account,
                    place(action, &self.region)
                );
                self.run.repeating(call, cause.clone(), began, patience)
            });
            if !self.run.pause(wait, &self.region, &cause).await {
                return Err(error);
            }
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    /// Sleeps before the next look at something that takes time. False if the run was interrupted.
    pub async fn pause(&self, time: Duration) -> bool {
        self.run.pause_unless_interrupted(time).await
    }

    fn silent(&self, action: &'static str, resource: &str) -> CallError {
        let seconds = self.run.timeout.as_secs();
        let fault = Fault::Unanswered(format!("{seconds} seconds of silence (--timeout)"));
        self.error(action, resource, fault)
    }

    fn error(&self, action: &'static str, resource: &str, fault: Fault) -> CallError {
        CallError {
            action,
            resource: resource.to_owned(),
            account: self.account.clone(),
            region: self.region.clone(),
            fault: Box::new(fault),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use aws_sdk_cloudwatchlogs::error::ErrorMetadata;
    use aws_sdk_cloudwatchlogs::operation::put_destination::PutDestinationError;

    use super::*;

    const ACTION: &str = "logs:PutDestination";

    fn caller() -> Caller {
        let account = "999988887777".parse().unwrap();
        let run = Arc::new(Run::new(Duration::from_secs(60)));
        Caller::new(account, "us-west-2".parse().unwrap(), Arc::default(), run)
    }

    fn refused(code: &str, message: &str) -> SdkError<PutDestinationError, ()> {
        let metadata = ErrorMetadata::builder().code(code).message(message).build();
        SdkError::service_error(PutDestinationError::generic(metadata), ())
    }

    /// Calls until it fails for good, and returns the number of calls and of seconds.
    async fn exhaust(code: &str, message: &str, patience: Duration) -> (u32, u64, CallError) {
        let calls = Cell::new(0);
        let began = Instant::now();
        let error = caller()
            .hurried(patience)
            .call::<(), _, _, _>(ACTION, "logs::Destination kinesisDest", || {
                calls.set(calls.get() + 1);
                std::future::ready(Err(refused(code, message)))
            })
            .await
            .unwrap_err();
        (calls.get(), began.elapsed().as_secs(), error)
    }

    #[tokio::test(start_paused = true)]
    async fn what_may_be_late_is_retried_for_its_time_and_no_longer() {
        let late = "Could not deliver test message to specified Kinesis stream";
        let exhaust = |patience| exhaust("InvalidParameterException", late, patience);
        let (calls, seconds, _) = exhaust(Duration::from_secs(15)).await;
        assert_eq!((calls, seconds), (5, 1 + 2 + 4 + 8));
        let (calls, seconds, error) = exhaust(Duration::MAX).await;
        assert_eq!((calls, seconds), (12, 1 + 2 + 4 + 8 + 15 * 7));
        assert_eq!(
            error.to_string(),
            "logs:PutDestination failed on logs::Destination kinesisDest in account 999988887777, us-west-2"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_permanent_error_is_not_retried() {
        for code in [
            "LimitExceededException",
            "AccessDeniedException",
            "BrandNewException",
        ] {
            let (calls, seconds, _) = exhaust(code, "no", Duration::MAX).await;
            assert_eq!((calls, seconds), (1, 0), "{code}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_call_without_an_answer_no_other_is_sent() {
        let caller = caller();
        let began = Instant::now();
        let sent = Cell::new(0);
        for _ in 0..2 {
            let answer = caller
                .call(ACTION, "x", || {
                    sent.set(sent.get() + 1);
                    std::future::pending::<Result<(), SdkError<PutDestinationError, ()>>>()
                })
                .await;
            assert_eq!(
                answer.unwrap_err().fault.to_string(),
                "no answer: 60 seconds of silence (--timeout)"
            );
        }
        assert_eq!((sent.get(), began.elapsed().as_secs()), (1, 60));
    }

    #[tokio::test(start_paused = true)]
    async fn a_retry_that_succeeds_is_a_success() {
        let calls = Cell::new(0);
        let answer = caller()
            .call(ACTION, "x", || {
                calls.set(calls.get() + 1);
                let late = "Could not deliver test message to specified Kinesis stream";
                std::future::ready(match calls.get() {
                    3 => Ok("done"),
                    _ => Err(refused("InvalidParameterException", late)),
                })
            })
            .await;
        assert_eq!(answer.unwrap(), "done");
        assert_eq!(calls.get(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn no_second_holds_more_than_five_calls_of_one_operation() {
        let caller = caller();
        let began = Instant::now();
        let mut sent = Vec::new();
        for _ in 0..12 {
            let answer = caller.call(ACTION, "x", || {
                std::future::ready(Ok::<_, SdkError<PutDestinationError, ()>>(()))
            });
            answer.await.unwrap();
            sent.push(began.elapsed());
        }
        assert!(sent[4] < Duration::from_millis(10) && sent[11] < Duration::from_secs(3));
        for pair in sent.windows(CALLS_MAX + 1) {
            assert!(
                pair[CALLS_MAX] - pair[0] > Duration::from_secs(1),
                "{sent:?}"
            );
        }
    }
}
