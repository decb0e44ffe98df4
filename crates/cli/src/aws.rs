//! Clients per account and Region, with credentials checked against the fleet file, and retries set.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_cloudwatchlogs::config::SharedHttpClient;
use aws_sdk_cloudwatchlogs::config::retry::{ClassifyRetry, RetryAction};
use aws_sdk_cloudwatchlogs::operation::put_subscription_filter::PutSubscriptionFilterError;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use tokio::sync::{Mutex, OnceCell};

use crate::provision::name::{AccountId, ProfileName, Region};
use crate::provision::observed::State;
use crate::provision::resource::Login;

pub mod apply;
pub mod call;
pub mod explain;
mod login;
pub mod observe;

pub use call::{CallError, Caller, RateLimiter};
pub use login::LoginError;

/// The clients of one account in one Region.
#[derive(Debug)]
pub struct Connection {
    pub caller: Caller,
    pub logs: aws_sdk_cloudwatchlogs::Client,
    pub kinesis: aws_sdk_kinesis::Client,
    pub iam: aws_sdk_iam::Client,
}

/// Every connection of a run, opened on first use and shared from then on.
#[derive(Debug)]
pub struct Connections {
    http: SharedHttpClient,
    identities: Mutex<BTreeMap<Option<ProfileName>, Arc<OnceCell<Identity>>>>,
    open: Mutex<BTreeMap<(Login, Region), Arc<Connection>>>,
    /// One for each account and Region, whatever the profile.
    limiters: Mutex<BTreeMap<(AccountId, Region), Arc<RateLimiter>>>,
}

/// What logging in with a profile gave.
#[derive(Debug, Clone)]
struct Identity {
    config: SdkConfig,
    account: AccountId,
}

/// One try and five retries: what fails this often in a row is no passing fault.
const TRIES_MAX: u32 = 6;

/// Our calls take a second or two, so one that takes this long hangs, and is better sent again.
const TRY_TIME_MAX: Duration = Duration::from_secs(10);

impl Default for Connections {
    fn default() -> Self {
        // not aws-lc, the SDK's default, because it takes minutes of C to build
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        Self {
            http,
            identities: Mutex::default(),
            open: Mutex::default(),
            limiters: Mutex::default(),
        }
    }
}

impl Connections {
    /// Opens a connection to an account in a Region, or returns the one that is open.
    ///
    /// # Errors
    /// Fails if the profile gives no credentials, or those of another account than the file says.
    pub async fn open(
        &self,
        login: &Login,
        region: &Region,
    ) -> Result<Arc<Connection>, LoginError> {
        let Identity { config, account } = self.log_in(login.profile.as_ref(), region).await?;
        if account != login.account {
            return Err(LoginError::WrongAccount {
                profile: login.profile.clone(),
                wanted: login.account.clone(),
                found: account,
            });
        }
        let place = (account, region.clone());
        let limiter = Arc::clone(self.limiters.lock().await.entry(place.clone()).or_default());
        let mut open = self.open.lock().await;
        let connection = open
            .entry((login.clone(), region.clone()))
            .or_insert_with(|| {
                let config = config.to_builder().region(sdk_region(region)).build();
                let (account, region) = place;
                Arc::new(Connection::new(
                    &config,
                    Caller::new(account, region, limiter),
                ))
            });
        Ok(Arc::clone(connection))
    }

    /// Returns the account that a profile's credentials belong to.
    ///
    /// # Errors
    /// Fails if the profile gives no credentials.
    pub async fn account(
        &self,
        profile: Option<&ProfileName>,
        region: &Region,
    ) -> Result<AccountId, LoginError> {
        Ok(self.log_in(profile, region).await?.account)
    }

    /// Loads a profile's credentials and asks whose they are, once for all Regions.
    async fn log_in(
        &self,
        profile: Option<&ProfileName>,
        region: &Region,
    ) -> Result<Identity, LoginError> {
        let cell = Arc::clone(
            self.identities
                .lock()
                .await
                .entry(profile.cloned())
                .or_default(),
        );
        let identity = cell.get_or_try_init(|| async {
            let timeouts = TimeoutConfig::builder().operation_attempt_timeout(TRY_TIME_MAX);
            let mut loader = aws_config::defaults(BehaviorVersion::latest())
                .http_client(self.http.clone())
                .region(sdk_region(region))
                .retry_config(RetryConfig::standard().with_max_attempts(TRIES_MAX))
                .timeout_config(timeouts.build());
            if let Some(profile) = profile {
                loader = loader.profile_name(profile.as_str());
            }
            let config = loader.load().await;
            let account = login::whose(&config, profile).await?;
            Ok(Identity { config, account })
        });
        identity.await.cloned()
    }
}

impl Connection {
    fn new(config: &SdkConfig, caller: Caller) -> Self {
        let logs = aws_sdk_cloudwatchlogs::config::Builder::from(config)
            .retry_classifier(FilterCap)
            .build();
        Self {
            caller,
            logs: aws_sdk_cloudwatchlogs::Client::from_conf(logs),
            kinesis: aws_sdk_kinesis::Client::new(config),
            iam: aws_sdk_iam::Client::new(config),
        }
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

fn sdk_region(region: &Region) -> aws_config::Region {
    aws_config::Region::new(region.as_str().to_owned())
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
