//! Lambda's side of the binary: invocations as bytes in, responses as bytes out.
//!
//! `lambda_runtime` polls for invocations; a layer of our own stands in place of its handler, because its handlers are
//! given parsed values and give back values to serialise, and a batch is to be parsed once and written once.

use std::future::Future;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime};

use catchment_transformer::{Settings, Transformer, telemetry};
use lambda_runtime::{Error, LambdaEvent, LambdaInvocation, Runtime, Service, service_fn};
use lambda_runtime_api_client::body::Body;
use lambda_runtime_api_client::{PooledClient, build_request};
use serde::de::IgnoredAny;
use serde_json::{Value, json};

/// Serves invocations until Lambda ends the process.
///
/// # Errors
/// The runtime API cannot be reached.
pub(crate) async fn serve(settings: Settings) -> Result<(), Error> {
    std::panic::set_hook(Box::new(|panic| {
        // The message may quote log data; the place cannot.
        let place = panic.location().map(ToString::to_string);
        log(
            &json!({"level": "ERROR", "message": "the transformer panicked, which is a defect of it", "place": place}),
        );
    }));
    let client = Arc::new(PooledClient::builder().build());
    let unused = service_fn(|_: LambdaEvent<IgnoredAny>| async { Ok::<_, Error>(()) });
    let layer = lambda_runtime::tower::layer::layer_fn(move |_| Exchange {
        settings: settings.clone(),
        transformer: Transformer::new(settings.clone()),
        client: Arc::clone(&client),
    });
    Runtime::new(unused).layer(layer).run().await
}

/// Tells Lambda that the function cannot start, so that whoever invokes it reads why.
///
/// # Errors
/// The runtime API cannot be reached.
pub(crate) async fn refuse_to_start(why: &str) -> Result<(), Error> {
    let client = PooledClient::builder().build();
    let request = post("init/error", failure("Catchment.WrongSetting", why))?;
    client.call(request).await?;
    Ok(())
}

/// One invocation after another: bytes, [`Transformer::transform`], bytes.
struct Exchange {
    settings: Settings,
    transformer: Transformer,
    client: Arc<PooledClient>,
}

impl Service<LambdaInvocation> for Exchange {
    type Response = ();
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        let request_id = &invocation.context.request_id;
        let answer = self.answer(&invocation.body, request_id);
        let request = match answer {
            Ok(response) => post(&format!("invocation/{request_id}/response"), response),
            Err(error) => post(&format!("invocation/{request_id}/error"), error),
        };
        let echo = invocation.parts.headers.get(INVOCATION_ID).cloned();
        let client = Arc::clone(&self.client);
        Box::pin(async move {
            let mut request = request?;
            if let Some(id) = echo {
                request.headers_mut().insert(INVOCATION_ID, id);
            }
            let status = client.call(request).await?.status();
            if !status.is_success() {
                log(
                    &json!({"level": "ERROR", "message": "Lambda refused the response", "status": status.as_u16()}),
                );
            }
            Ok(())
        })
    }
}

/// What Lambda echoes to tell a late response from that of the invocation at hand.
const INVOCATION_ID: &str = "lambda-runtime-invocation-id";

impl Exchange {
    /// The response, or the error to report in its place; either way the invocation's log lines are written.
    fn answer(&mut self, event: &[u8], request_id: &str) -> Result<Vec<u8>, Vec<u8>> {
        let (started, now) = clock();
        let transformed = match catch_unwind(AssertUnwindSafe(|| self.transformer.transform(event)))
        {
            Ok(Ok(transformed)) => transformed,
            Ok(Err(error)) => {
                let why = error.to_string();
                log(
                    &json!({"level": "ERROR", "message": why, "requestId": request_id, "bytesIn": event.len()}),
                );
                return Err(failure("Catchment.NotAFirehoseEvent", &why));
            }
            Err(_) => {
                // What it was in the middle of is not to be trusted.
                self.transformer = Transformer::new(self.settings.clone());
                return Err(failure(
                    "Catchment.Panic",
                    "the transformer panicked, which is a defect of it",
                ));
            }
        };
        let duration_ms = started.elapsed().as_secs_f64() * 1000.0;
        log(&telemetry::log_line(&transformed, request_id, duration_ms));
        let now_ms = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
        log(&telemetry::metrics(&transformed, now_ms, duration_ms));
        Ok(transformed.response)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "an invocation is timed and its metrics dated here, and nowhere else"
)]
fn clock() -> (Instant, Duration) {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    (Instant::now(), now)
}

/// A POST to the runtime API (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>).
fn post(path: &str, body: Vec<u8>) -> Result<http::Request<Body>, Error> {
    let uri = format!("/2018-06-01/runtime/{path}");
    Ok(build_request()
        .method("POST")
        .uri(uri)
        .body(Body::from(body))?)
}

/// An error in the runtime API's form.
fn failure(kind: &str, why: &str) -> Vec<u8> {
    json!({"errorType": kind, "errorMessage": why, "stackTrace": []})
        .to_string()
        .into_bytes()
}

/// Writes one line to the function's log.
#[expect(
    clippy::disallowed_methods,
    reason = "Lambda takes what the function writes to standard output for its log"
)]
pub(crate) fn log(line: &Value) {
    // A log that cannot be written to must not keep a batch from its answer.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
