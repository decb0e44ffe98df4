//! The AWS account that `replay` talks to, from a program that otherwise waits for nothing.

use std::num::NonZeroU16;
use std::sync::Arc;

use anyhow::Context;
use tokio::runtime::Runtime;

use crate::args;
use crate::aws::{Connection, Connections};
use crate::command::operations::connect::{connect, connections};
use crate::command::operations::exit::Usage;

/// A connection, and what it needs.
pub(super) struct Remote {
    pub(super) connection: Arc<Connection>,
    _connections: Connections,
    runtime: Runtime,
}

/// An object that is being read keeps its own, while others are listed and records put.
const CONNECTIONS_MAX: NonZeroU16 = NonZeroU16::MIN.saturating_add(3);

impl Remote {
    /// Logs in as the flags say.
    ///
    /// # Errors
    /// Fails if the Region is missing, or if the profile gives no credentials.
    pub(super) fn open(args: &args::Remote) -> anyhow::Result<Self> {
        let region = args.region.as_ref();
        let region = region.ok_or_else(|| Usage("s3:// needs --region".to_owned()))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start the async runtime")?;
        let connections = connections(CONNECTIONS_MAX);
        let connect = connect(&connections, args.profile.as_ref(), region);
        Ok(Self {
            connection: runtime.block_on(connect)?,
            _connections: connections,
            runtime,
        })
    }

    /// Waits for an answer.
    pub(super) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Does something that needs the runtime's clock.
    pub(super) fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
        let _guard = self.runtime.enter();
        work()
    }
}
