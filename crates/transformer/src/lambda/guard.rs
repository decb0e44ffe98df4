//! A panic, turned into an answer.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use serde_json::json;

use super::{Handler, Invocation, Refusal, log};

/// Logs where a panic happens. Its message is left out: it may quote log data.
pub(super) fn silence_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        log(&json!({"level": "ERROR", "message": PANICKED, "place": place}));
    }));
}

/// A handler that is replaced if it panics.
pub(super) struct Guard<H, F> {
    handler: H,
    make: F,
}

impl<H: Handler, F: Fn() -> H> Guard<H, F> {
    pub(super) fn new(make: F) -> Self {
        Self {
            handler: make(),
            make,
        }
    }

    /// As [`Handler::take_back`].
    pub(super) fn take_back(&mut self, answer: Vec<u8>) {
        self.handler.take_back(answer);
    }

    /// Handles the event, as [`Handler::handle`] does. A panic is a refusal.
    pub(super) async fn handle(&mut self, invocation: &Invocation<'_>) -> Result<Vec<u8>, Refusal> {
        let handled = AssertUnwindSafe(async { self.handler.handle(invocation).await });
        handled.catch_unwind().await.unwrap_or_else(|_| {
            // The state that the panic left behind is not to be trusted.
            self.handler = (self.make)();
            Err(Refusal {
                kind: "Catchment.Panic",
                message: PANICKED.to_owned(),
            })
        })
    }
}

const PANICKED: &str = "the function panicked, which is a defect of it";

#[cfg(test)]
mod tests {
    use super::*;

    /// Panics at its second event.
    struct Fragile {
        handled: usize,
    }

    impl Handler for Fragile {
        async fn handle(&mut self, _: &Invocation<'_>) -> Result<Vec<u8>, Refusal> {
            self.handled += 1;
            assert!(self.handled < 2, "secret");
            Ok(b"fine".to_vec())
        }
    }

    #[tokio::test]
    async fn a_handler_that_panics_is_replaced() {
        let mut guard = Guard::new(|| Fragile { handled: 0 });
        let invocation = Invocation {
            request_id: "r",
            event: b"{}",
            deadline_ms: 0,
        };
        let mut answers = Vec::new();
        for _ in 0..4 {
            let answer = guard.handle(&invocation).await;
            answers.push(answer.map_err(|refusal| refusal.kind));
        }
        let (fine, panic) = (Ok(b"fine".to_vec()), Err("Catchment.Panic"));
        assert_eq!(answers, [fine.clone(), panic.clone(), fine, panic]);
    }
}
