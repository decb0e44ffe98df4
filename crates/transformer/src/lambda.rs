//! The shell between Lambda and a handler: any of this crate's binaries can serve a [`Handler`] with it.
//!
//! Each concern is a piece of its own: [`exchange`] moves bytes to and from Lambda's runtime API, [`guard`] turns a panic
//! into an answer, [`log`] writes lines, [`put`] and [`streams`] put records into a stream.

mod exchange;
mod guard;
mod log;
mod put;
mod streams;

use std::future::Future;

use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use serde::de::IgnoredAny;
use serde_json::Value;

pub use log::log;
pub use put::Put;
pub use streams::{Access, Streams};

use exchange::Exchange;
use guard::Guard;

/// What a Lambda does with an event.
pub trait Handler: Sized + Send + 'static {
    /// Handles one event: bytes in, bytes out.
    ///
    /// # Errors
    /// Returns why the event as a whole cannot be handled; Lambda reports it to whoever invoked the function.
    fn handle(
        &mut self,
        invocation: &Invocation<'_>,
    ) -> impl Future<Output = Result<Vec<u8>, Refusal>> + Send;

    /// Takes the bytes of an answer back once they are sent, to write the next one in their place.
    fn take_back(&mut self, _answer: Vec<u8>) {}
}

/// One call of the function.
#[derive(Debug, Clone, Copy)]
pub struct Invocation<'a> {
    /// Lambda's id of the call.
    pub request_id: &'a str,
    /// The event, as Lambda sent it.
    pub event: &'a [u8],
    /// When Lambda ends the call, in milliseconds since 1970-01-01T00:00:00Z.
    pub deadline_ms: u64,
}

/// Why an event is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The error's type, such as `Catchment.NotAFirehoseEvent`.
    pub kind: &'static str,
    /// The error's message.
    pub message: String,
}

/// Serves invocations, with a handler that `make` makes, until Lambda ends the process. A handler that panics is replaced.
///
/// # Errors
/// Fails if Lambda's runtime API cannot be reached.
pub async fn serve<H: Handler>(make: impl Fn() -> H + Clone + Send + 'static) -> Result<(), Error> {
    guard::silence_panics();
    // The runtime's own handlers receive parsed values and return values to serialise. A layer in place of the handler
    // parses and writes each event only once.
    let unused = service_fn(|_: LambdaEvent<IgnoredAny>| async { Ok::<_, Error>(()) });
    let layer =
        lambda_runtime::tower::layer::layer_fn(move |_| Exchange::new(Guard::new(make.clone())));
    Runtime::new(unused).layer(layer).run().await
}

/// Tells Lambda that the function cannot start, so that whoever invokes it learns why.
///
/// # Errors
/// Fails if Lambda's runtime API cannot be reached.
pub async fn refuse_to_start(refusal: &Refusal) -> Result<(), Error> {
    exchange::refuse_to_start(refusal).await
}

impl Refusal {
    /// The error in the form of Lambda's runtime API.
    fn json(&self) -> Value {
        serde_json::json!({"errorType": self.kind, "errorMessage": self.message, "stackTrace": []})
    }
}
