//! Ctrl-C: pressed once, a run comes to an orderly end; pressed twice, it ends at once.

use std::future::{Future, pending};

use tokio::sync::watch;

/// A run that was ended by Ctrl-C.
#[derive(Debug, thiserror::Error)]
#[error("interrupted; {0}")]
pub(crate) struct Interrupted(pub &'static str);

/// How many times Ctrl-C was pressed.
pub(crate) struct Interrupts(watch::Receiver<u32>);

impl Interrupts {
    /// Counts from now on. The program no longer ends by itself when Ctrl-C is pressed.
    pub(crate) fn count() -> Self {
        let (count, presses) = watch::channel(0);
        tokio::spawn(async move {
            while tokio::signal::ctrl_c().await.is_ok() {
                count.send_modify(|presses| *presses += 1);
            }
            // without a handler, Ctrl-C ends the program
            count.closed().await;
        });
        Self(presses)
    }

    /// Waits until Ctrl-C has been pressed so many times.
    pub(crate) async fn pressed(&self, times: u32) {
        let mut presses = self.0.clone();
        if presses.wait_for(|count| *count >= times).await.is_err() {
            pending::<()>().await;
        }
    }

    /// Does work that changes nothing, and drops it if Ctrl-C is pressed.
    pub(crate) async fn unless_pressed<T>(
        &self,
        work: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        tokio::select! {
            result = work => result,
            () = self.pressed(1) => Err(Interrupted("nothing was changed").into()),
        }
    }
}
