//! Bytes in, bytes out: the exchange with Lambda's runtime API
//! (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>).

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use lambda_runtime::{Error, LambdaInvocation, Service};
use lambda_runtime_api_client::body::Body;
use lambda_runtime_api_client::{PooledClient, build_request};
use serde_json::json;
use tokio::sync::Mutex;

use super::guard::Guard;
use super::{Handler, Invocation, Refusal, log};

/// Answers one invocation after another.
pub(super) struct Exchange<H, F> {
    /// One invocation at a time.
    handler: Arc<Mutex<Guard<H, F>>>,
    client: Arc<PooledClient>,
}

impl<H, F> Exchange<H, F> {
    pub(super) fn new(handler: Guard<H, F>) -> Self {
        Self {
            handler: Arc::new(Mutex::new(handler)),
            client: Arc::new(PooledClient::builder().build()),
        }
    }
}

impl<H: Handler, F: Fn() -> H + Send + 'static> Service<LambdaInvocation> for Exchange<H, F> {
    type Response = ();
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        let (handler, client) = (Arc::clone(&self.handler), Arc::clone(&self.client));
        Box::pin(async move {
            let request_id = &invocation.context.request_id;
            let called = Invocation {
                request_id,
                event: &invocation.body,
                deadline_ms: invocation.context.deadline,
            };
            let answer = handler.lock().await.handle(&called).await;
            let (path, body) = match answer {
                Ok(response) => ("response", response),
                Err(refusal) => ("error", body(&refusal)),
            };
            let body = Bytes::from(body);
            let mut request = post(&format!("invocation/{request_id}/{path}"), body.clone())?;
            if let Some(id) = invocation.parts.headers.get(INVOCATION_ID).cloned() {
                request.headers_mut().insert(INVOCATION_ID, id);
            }
            let status = client.call(request).await?.status();
            if !status.is_success() {
                log(
                    &json!({"level": "ERROR", "message": "Lambda refused the response", "status": status.as_u16()}),
                );
            }
            // What is sent is no longer held by the client.
            if body.is_unique() {
                handler.lock().await.take_back(body.into());
            }
            Ok(())
        })
    }
}

/// As [`super::refuse_to_start`].
pub(super) async fn refuse_to_start(refusal: &Refusal) -> Result<(), Error> {
    let client = PooledClient::builder().build();
    client
        .call(post("init/error", body(refusal).into())?)
        .await?;
    Ok(())
}

/// The header that Lambda wants back, to tell a late response from that of the current invocation.
const INVOCATION_ID: &str = "lambda-runtime-invocation-id";

fn post(path: &str, body: Bytes) -> Result<http::Request<Body>, Error> {
    let uri = format!("/2018-06-01/runtime/{path}");
    Ok(build_request()
        .method("POST")
        .uri(uri)
        .body(Body::from(body))?)
}

fn body(refusal: &Refusal) -> Vec<u8> {
    refusal.json().to_string().into_bytes()
}
