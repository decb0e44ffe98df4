//! Every connection of one run: each profile logs in once, a limited number is open at a time, and each account has its own pace.

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::sync::{Arc, Weak};
use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_sts::config::{ProvideCredentials, SharedCredentialsProvider};
use tokio::sync::{Mutex, OnceCell, Semaphore};
use tokio::time::timeout;

use super::call::{Caller, Endpoint};
use super::http::HttpClients;
use super::login::{self, Ask, Cause, LoginError, Mfa, ProfileFiles, Shared};
use super::run::{Place, Run};
use super::{Connection, Login};
use crate::provision::name::{AccountId, ProfileName, Region};
use crate::provision::resource::AssumedRole;

/// How a run connects.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many connections are open at a time; an account has one in each Region.
    pub concurrency: NonZeroU16,
    /// How long an account may take to answer a call, or a profile to give its credentials.
    pub timeout: Duration,
    /// Asks for an MFA code; none: there is nobody to ask.
    pub ask: Option<Ask>,
}

/// Every connection of one run of the program.
#[derive(Debug)]
pub struct Connections {
    http: HttpClients,
    files: OnceCell<Result<ProfileFiles, Cause>>,
    providers: ProviderConfig,
    mfa: Arc<Mfa>,
    identities: Mutex<BTreeMap<Source, Arc<OnceCell<Identity>>>>,
    concurrency: usize,
    leases: Arc<Semaphore>,
    open: Mutex<BTreeMap<(Login, Region), Weak<Connection>>>,
    endpoints: Mutex<BTreeMap<Place, Arc<Endpoint>>>,
    run: Arc<Run>,
}

/// Where credentials come from: a profile, and the role that they assume.
type Source = (Option<ProfileName>, Option<AssumedRole>);

/// A login, or why there is none: one that failed is not tried again.
type Identity = Result<(SdkConfig, AccountId), LoginError>;

/// The first try and five more: what fails this often in a row is no passing fault.
const TRIES_MAX: u32 = 6;

/// Every call here is answered within a second or two; one that hangs is better sent again.
const TRY_TIME_MAX: Duration = Duration::from_secs(10);

/// Credentials that expire are fetched anew, which can take a process of its own, or a person with an MFA device.
const FETCH_TIME_MAX: Duration = Duration::from_secs(5 * 60);

impl Connections {
    pub fn new(options: Options) -> Self {
        let concurrency = usize::from(options.concurrency.get());
        Self {
            http: HttpClients::new(concurrency),
            files: OnceCell::default(),
            providers: ProviderConfig::without_region(),
            mfa: Arc::new(Mfa::new(options.ask)),
            identities: Mutex::default(),
            concurrency,
            leases: Arc::new(Semaphore::new(concurrency)),
            open: Mutex::default(),
            endpoints: Mutex::default(),
            run: Arc::new(Run::new(options.timeout)),
        }
    }

    /// What the calls of this run share.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// How many connections can be open at a time.
    pub fn concurrency(&self) -> usize {
        self.concurrency
    }

    /// The connection of an account in a Region. Waits while as many as allowed are in use: whoever holds one must not wait for
    /// another.
    ///
    /// # Errors
    /// Fails if the profile gives no credentials, or those of another account than the file says.
    pub async fn open(
        &self,
        login: &Login,
        region: &Region,
    ) -> Result<Arc<Connection>, LoginError> {
        let key = (login.clone(), region.clone());
        if let Some(connection) = self.opened(&key).await {
            return Ok(connection);
        }
        // it is never closed, so that there always is a lease
        let lease = Arc::clone(&self.leases).acquire_owned().await.ok();
        let opened = self.run.opening((login.account.clone(), region.clone()));
        let (config, account) = self
            .log_in(login.profile.as_ref(), login.role.as_ref(), region)
            .await?;
        if account != login.account {
            return Err(LoginError::WrongAccount {
                profile: login.profile.clone(),
                wanted: login.account.clone(),
                found: account,
            });
        }
        if let Some(connection) = self.opened(&key).await {
            return Ok(connection);
        }
        let place = (account.clone(), region.clone());
        let endpoint = Arc::clone(self.endpoints.lock().await.entry(place).or_default());
        let config = config.into_builder().region(sdk_region(region)).build();
        let caller = Caller::new(account, region.clone(), endpoint, Arc::clone(&self.run));
        let connection = Arc::new(Connection::new(&config, caller, lease, opened));
        let mut open = self.open.lock().await;
        open.insert(key, Arc::downgrade(&connection));
        Ok(connection)
    }

    /// The account that a profile's credentials belong to.
    ///
    /// # Errors
    /// Fails if the profile gives no credentials.
    pub async fn account(
        &self,
        profile: Option<&ProfileName>,
        region: &Region,
    ) -> Result<AccountId, LoginError> {
        Ok(self.log_in(profile, None, region).await?.1)
    }

    async fn opened(&self, key: &(Login, Region)) -> Option<Arc<Connection>> {
        self.open.lock().await.get(key).and_then(Weak::upgrade)
    }

    /// Loads the credentials of a profile, assumes the role, and learns whose they are, once for all Regions.
    async fn log_in(
        &self,
        profile: Option<&ProfileName>,
        role: Option<&AssumedRole>,
        region: &Region,
    ) -> Identity {
        let mut identities = self.identities.lock().await;
        let source = (profile.cloned(), role.cloned());
        let cell = Arc::clone(identities.entry(source).or_default());
        drop(identities);
        cell.get_or_init(|| Box::pin(self.identity_in_time(profile, role, region)))
            .await
            .clone()
    }

    /// Gives a login its time, and longer while a person is asked for an MFA code.
    async fn identity_in_time(
        &self,
        profile: Option<&ProfileName>,
        role: Option<&AssumedRole>,
        region: &Region,
    ) -> Identity {
        let mut identity = std::pin::pin!(self.identity(profile, role, region));
        loop {
            match timeout(self.run.timeout, &mut identity).await {
                Ok(identity) => return identity,
                Err(_) if self.mfa.is_asking() => {}
                Err(_) => {
                    return Err(LoginError::Late {
                        profile: profile.cloned(),
                        seconds: self.run.timeout.as_secs(),
                    });
                }
            }
        }
    }

    async fn identity(
        &self,
        profile: Option<&ProfileName>,
        role: Option<&AssumedRole>,
        region: &Region,
    ) -> Identity {
        if let Some(role) = role {
            let (source, _) = Box::pin(self.log_in(profile, None, region)).await?;
            let assumed = Box::pin(login::assumed(&source, profile, role)).await;
            let assumed = assumed.map_err(LoginError::Role)?;
            let config = with_credentials(source, assumed);
            let account = login::whose(&config, profile).await?;
            return Ok((config, account));
        }
        let config = self.configure(profile, region).await;
        let config = config.map_err(|source| LoginError::Credentials {
            profile: profile.cloned(),
            source,
        })?;
        let account = login::whose(&config, profile).await?;
        Ok((config, account))
    }

    /// What the SDK needs to act for a profile: its settings, its HTTP client, its credentials.
    async fn configure(
        &self,
        profile: Option<&ProfileName>,
        region: &Region,
    ) -> Result<SdkConfig, Cause> {
        let read = || std::future::ready(ProfileFiles::read());
        let files = self.files.get_or_init(read).await.as_ref();
        let files = files.map_err(Cause::clone)?;
        let (name, selected) = login::select(files, profile).await?;
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(TRY_TIME_MAX);
        let loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(self.http.of(selected.settings.get("ca_bundle"))?)
            .region(sdk_region(region))
            .retry_config(RetryConfig::standard().with_max_attempts(TRIES_MAX))
            .timeout_config(timeouts.build())
            .profile_name(&name)
            .profile_files(selected.files.clone())
            .no_credentials();
        let config = Box::pin(loader.load()).await;
        let shared = Shared {
            providers: &self.providers,
            mfa: &self.mfa,
        };
        let provider = login::provider(files, profile, (name, selected), &config, shared);
        let provider = Box::pin(provider).await?;
        Ok(with_credentials(config, provider))
    }
}

/// The settings with other credentials, which are cached apart from those of others.
fn with_credentials(config: SdkConfig, provider: impl ProvideCredentials + 'static) -> SdkConfig {
    let cache = IdentityCache::lazy().load_timeout(FETCH_TIME_MAX).build();
    config
        .into_builder()
        .credentials_provider(SharedCredentialsProvider::new(provider))
        .identity_cache(cache)
        .build()
}

fn sdk_region(region: &Region) -> aws_config::Region {
    aws_config::Region::new(region.as_str().to_owned())
}
