//! Codes of MFA devices: asked for on the terminal, once a device and run.
//!
//! AWS takes each code once, so a code per role would be half a minute per account. The code buys a session of the source
//! profile's user instead (`sts:GetSessionToken`), and the session assumes each role: that is what AWS lets such a session do.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_getsessiontoken.html>

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_sts::config::Credentials;
use tokio::sync::{Mutex, OnceCell, oneshot};

use super::cause::Cause;
use super::chain::Role;
use super::sts::{client, credentials};
use crate::aws::call::Fault;

/// Asks the person at the terminal a question; `None` if there is no terminal.
#[derive(Clone)]
pub struct Ask(Arc<Question>);

type Question = dyn Fn(&str) -> io::Result<Option<String>> + Send + Sync;

/// The sessions that codes have bought so far.
#[derive(Debug, Default)]
pub(in crate::aws) struct Mfa {
    ask: Option<Ask>,
    /// One question at a time.
    asking: Mutex<()>,
    sessions: Mutex<BTreeMap<Device, Arc<OnceCell<Session>>>>,
}

/// A source profile, and the serial number of a device of its user's.
type Device = (String, String);

type Session = Result<Credentials, Cause>;

/// A code that was mistyped, or that expired while it was typed, is asked for again.
const TRIES_MAX: u32 = 3;

const SESSION: &str = "sts:GetSessionToken";

impl Ask {
    pub fn new(ask: impl Fn(&str) -> io::Result<Option<String>> + Send + Sync + 'static) -> Self {
        Self(Arc::new(ask))
    }
}

impl fmt::Debug for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ask")
    }
}

impl Mfa {
    pub(in crate::aws) fn new(ask: Option<Ask>) -> Self {
        Self {
            ask,
            ..Self::default()
        }
    }

    /// Whether a person is being asked for a code.
    pub(in crate::aws) fn is_asking(&self) -> bool {
        self.asking.try_lock().is_err()
    }

    /// A session of the source profile's user that was opened with a code of the device.
    pub(super) async fn session(
        &self,
        role: &Role,
        serial: &str,
        source: Credentials,
        config: &SdkConfig,
    ) -> Session {
        let key = (role.source.clone(), serial.to_owned());
        let cell = Arc::clone(self.sessions.lock().await.entry(key).or_default());
        cell.get_or_init(|| async {
            let _one_at_a_time = self.asking.lock().await;
            let client = client(config, source);
            let mut tries = 1;
            loop {
                let code = self.code(role, serial).await?;
                let answer = client
                    .get_session_token()
                    .serial_number(serial)
                    .token_code(code)
                    .send()
                    .await;
                let fault = match answer {
                    Ok(answer) => return credentials(answer.credentials),
                    Err(error) => Fault::of(&error),
                };
                // "MultiFactorAuthentication failed with invalid MFA one time pass code."
                let is_code = matches!(&fault, Fault::Refused { message, .. } if message.contains("MultiFactorAuthentication failed"));
                if !is_code || tries == TRIES_MAX {
                    let hint = if is_code {
                        "run the same command again, with the code that the device then shows".to_owned()
                    } else {
                        fault.explanation(SESSION).hint
                    };
                    let what = format!("no session for the MFA device {serial}");
                    return Err(Cause::new(format!("{what}: {fault}"), hint));
                }
                tries += 1;
            }
        })
        .await
        .clone()
    }

    async fn code(&self, role: &Role, serial: &str) -> Result<String, Cause> {
        let question = format!("MFA code of {serial}, for profile {}:", role.profile);
        let answer = match self.ask.clone() {
            Some(ask) => answer(ask, question).await,
            None => Ok(None),
        };
        match answer {
            Ok(Some(code)) => Ok(code.trim().to_owned()),
            Ok(None) => Err(Cause::new(
                format!(
                    "profile {} asks for an MFA code (mfa_serial), and there is no terminal to ask on",
                    role.profile
                ),
                format!(
                    "run catchment on a terminal; or open a session with a code (`aws sts get-session-token --serial-number {serial} --token-code CODE`), and have source_profile name a profile that holds it, without mfa_serial"
                ),
            )),
            Err(error) => Err(Cause::new(
                format!("the MFA code cannot be read: {error}"),
                "run the same command again",
            )),
        }
    }
}

/// Waits for the person on a thread of its own: the others' calls go on meanwhile, and a run that ends does not wait for it.
async fn answer(ask: Ask, question: String) -> io::Result<Option<String>> {
    let (tell, told) = oneshot::channel();
    #[expect(clippy::disallowed_methods, reason = "a question blocks its thread")]
    std::thread::spawn(move || tell.send((ask.0)(&question)));
    told.await.unwrap_or(Ok(None))
}
