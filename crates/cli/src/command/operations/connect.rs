//! Connects to one account, whichever it is that a profile's credentials belong to.

use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use crate::aws::{Ask, Connection, Connections, LoginError, Options};
use crate::output::{Hinted, ask};
use crate::provision::name::{ProfileName, Region};
use crate::provision::resource::Login;

/// How long a call may go unanswered, as long as `apply` waits by default.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);

/// Connections for a command that shows no progress while it logs in.
pub(crate) fn connections(concurrency: NonZeroU16) -> Connections {
    Connections::new(Options {
        concurrency,
        timeout: CALL_TIMEOUT,
        ask: Some(Ask::new(ask)),
    })
}

/// # Errors
/// Fails if the profile gives no credentials.
pub(crate) async fn connect(
    connections: &Connections,
    profile: Option<&ProfileName>,
    region: &Region,
) -> Result<Arc<Connection>, Hinted> {
    let account = connections.account(profile, region).await;
    let login = Login {
        profile: profile.cloned(),
        role: None,
        account: account.map_err(hinted)?,
    };
    connect_as(connections, &login, region).await
}

/// # Errors
/// Fails if the profile gives no credentials, or those of another account.
pub(crate) async fn connect_as(
    connections: &Connections,
    login: &Login,
    region: &Region,
) -> Result<Arc<Connection>, Hinted> {
    connections.open(login, region).await.map_err(hinted)
}

pub(crate) fn hinted(error: LoginError) -> Hinted {
    let hint = error.hint();
    Hinted::new(error, hint)
}
