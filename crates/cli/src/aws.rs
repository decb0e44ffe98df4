//! Clients per account and Region, with credentials checked against the fleet file, and retries set.

use std::error::Error;

use aws_config::SdkConfig;
use aws_sdk_cloudwatchlogs::config::retry::{ClassifyRetry, RetryAction};
use aws_sdk_cloudwatchlogs::operation::put_subscription_filter::PutSubscriptionFilterError;
use tokio::sync::OwnedSemaphorePermit;

use crate::provision::observed::State;
use crate::provision::resource::Login;

pub mod apply;
pub mod bucket;
pub mod call;
mod cause;
pub mod clock;
mod connections;
pub mod discover;
mod environment;
pub mod explain;
pub mod health;
mod http;
mod json;
mod login;
mod metrics;
pub mod observe;
pub mod organization;
pub mod put;
pub mod read;
mod run;
pub mod verify;

pub use call::{CallError, Caller, Endpoint};
pub use connections::{Connections, Options};
pub use login::{Ask, LoginError};
pub use run::{Place, Run, Waiting};

/// The clients of one account in one Region.
#[derive(Debug)]
pub struct Connection {
    pub caller: Caller,
    pub logs: aws_sdk_cloudwatchlogs::Client,
    pub kinesis: aws_sdk_kinesis::Client,
    pub iam: aws_sdk_iam::Client,
    /// For services that few commands need.
    config: SdkConfig,
    /// Its place among those that may be open at a time.
    _lease: Option<OwnedSemaphorePermit>,
    _opened: run::Opened,
}

impl Connection {
    fn new(
        config: &SdkConfig,
        caller: Caller,
        lease: Option<OwnedSemaphorePermit>,
        opened: run::Opened,
    ) -> Self {
        let logs = aws_sdk_cloudwatchlogs::config::Builder::from(config)
            .retry_classifier(FilterCap)
            .build();
        Self {
            caller,
            logs: aws_sdk_cloudwatchlogs::Client::from_conf(logs),
            kinesis: aws_sdk_kinesis::Client::new(config),
            iam: aws_sdk_iam::Client::new(config),
            config: config.clone(),
            _lease: lease,
            _opened: opened,
        }
    }
}

impl Connection {
    fn firehose(&self) -> aws_sdk_firehose::Client {
        aws_sdk_firehose::Client::new(&self.config)
    }

    fn s3(&self) -> aws_sdk_s3::Client {
        aws_sdk_s3::Client::new(&self.config)
    }
}

/// Why something could not be read, and what to do about it.
fn unknown<T>(error: &CallError) -> State<T> {
    State::Unknown(format!("{}; {}", chain(error), error.explanation().hint))
}

/// An error and its sources in one line.
fn chain(error: &(dyn Error + 'static)) -> String {
    std::iter::successors(Some(error), |&error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

/// Stops the SDK from retrying LimitExceededException as throttling: waiting does not raise a log group's cap of filters.
#[derive(Debug)]
struct FilterCap;

impl ClassifyRetry for FilterCap {
    fn classify_retry(
        &self,
        context: &aws_sdk_cloudwatchlogs::config::interceptors::InterceptorContext,
    ) -> RetryAction {
        let refused = context
            .output_or_error()
            .and_then(Result::err)
            .and_then(|error| error.as_operation_error())
            .and_then(|error| error.downcast_ref::<PutSubscriptionFilterError>());
        match refused {
            Some(PutSubscriptionFilterError::LimitExceededException(_)) => {
                RetryAction::RetryForbidden
            }
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "cap of subscription filters"
    }
}
