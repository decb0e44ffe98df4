//! Calls of AWS's JSON protocol, with the SDK's own parts: signature, endpoint, retries, HTTP client.
//!
//! For services of which few calls are needed. The SDK's crate of CloudWatch would bring http 0.2 into every other client, through
//! features of shared crates, and another inflate into the transformer; that of Organizations would take minutes to build.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_cloudwatchlogs::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use aws_sdk_cloudwatchlogs::error::{BoxError, ErrorMetadata, ProvideErrorMetadata, SdkError};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::http::Headers;
use aws_types::SdkConfig;
use aws_types::region::Region;
use aws_types::service_config::ServiceConfigKey;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::clock::now_ms;
use super::{CallError, Caller};

/// A service, as its model in the SDKs has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Service {
    /// Its name in settings such as `AWS_ENDPOINT_URL_…`.
    pub(super) id: &'static str,
    /// Its name in signatures and in the host's name.
    pub(super) host: &'static str,
    /// What stands before the operation in the header `X-Amz-Target`.
    pub(super) target: &'static str,
    /// The version of the protocol.
    pub(super) version: &'static str,
}

/// A client of one service with one login.
#[derive(Debug)]
pub(super) struct Client {
    service: Service,
    config: SdkConfig,
    endpoint: Option<String>,
    /// What was fetched for the last call: a login may take a process of its own, or a call to STS.
    credentials: Mutex<Option<Credentials>>,
}

/// Credentials that expire sooner are not used for another call.
const LEFT_MIN: Duration = Duration::from_secs(60);

impl Client {
    pub(super) async fn new(service: Service, config: &SdkConfig, region: &str) -> Self {
        let region = Region::new(region.to_owned());
        let config = config.to_builder().region(region).build();
        Self {
            service,
            endpoint: endpoint(&config, service).await,
            config,
            credentials: Mutex::default(),
        }
    }

    /// Makes a call, whose operation is that of the IAM action.
    pub(super) async fn call<T: DeserializeOwned + Send + Sync + std::fmt::Debug + 'static>(
        &self,
        caller: &Caller,
        action: &'static str,
        resource: &str,
        params: &Value,
    ) -> Result<T, CallError> {
        let operation = action.rsplit(':').next().unwrap_or(action);
        let body = params.to_string();
        let send = || self.send(operation, &body);
        caller.call(action, resource, send).await
    }

    async fn send<T: DeserializeOwned + Send + Sync + std::fmt::Debug + 'static>(
        &self,
        name: &'static str,
        body: &str,
    ) -> Result<T, SdkError<Refused, HttpResponse>> {
        let request = match self.request(name, body).await {
            Ok(request) => request,
            Err(error) => return Err(SdkError::construction_failure(error)),
        };
        let config = &self.config;
        let mut operation = Operation::builder()
            .service_name(self.service.id)
            .operation_name(name)
            .no_auth();
        if let Some(url) = &self.endpoint {
            operation = operation.endpoint_url(url);
        }
        if let Some(client) = config.http_client() {
            operation = operation.http_client(client);
        }
        if let Some(retry) = config.retry_config() {
            operation = operation.standard_retry(retry);
        }
        if let Some(timeouts) = config.timeout_config() {
            operation = operation.timeout_config(timeouts.clone());
        }
        if let Some(sleep) = config.sleep_impl() {
            operation = operation.sleep_impl(sleep);
        }
        let serialize = |(headers, body): Signed| -> Result<HttpRequest, BoxError> {
            let mut request = HttpRequest::new(body.into());
            request.set_method("POST")?;
            request.set_uri("/")?;
            *request.headers_mut() = headers;
            Ok(request)
        };
        let operation = operation.serializer(serialize).deserializer(answer);
        operation.build().invoke(request).await
    }

    async fn request(&self, operation: &str, body: &str) -> Result<Signed, BoxError> {
        let Service {
            id,
            host,
            target,
            version,
        } = self.service;
        let endpoint = self.endpoint.as_deref();
        let endpoint = endpoint.ok_or_else(|| format!("no endpoint of {id} is known"))?;
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(now_ms().unsigned_abs());
        let identity = self.credentials(now).await?.into();
        let region = self.config.region().map(AsRef::as_ref).unwrap_or_default();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name(host)
            .time(now)
            .settings(SigningSettings::default())
            .build()?
            .into();
        let content = format!("application/x-amz-json-{version}");
        let target = format!("{target}.{operation}");
        let fixed = [
            ("content-type", content.as_str()),
            ("x-amz-target", target.as_str()),
        ];
        let url = format!("{}/", endpoint.trim_end_matches('/'));
        let signed = SignableRequest::new(
            "POST",
            url,
            fixed.into_iter(),
            SignableBody::Bytes(body.as_bytes()),
        )?;
        let (instructions, _) = sign(signed, &params)?.into_parts();
        let mut headers = Headers::new();
        for (name, value) in fixed {
            headers.insert(name, value.to_owned());
        }
        for header in instructions.headers() {
            headers.insert(header.0.to_owned(), header.1.to_owned());
        }
        Ok((headers, body.as_bytes().to_vec()))
    }

    async fn credentials(&self, now: SystemTime) -> Result<Credentials, BoxError> {
        let is_usable = |one: &Credentials| one.expiry().is_none_or(|end| end > now + LEFT_MIN);
        let kept = || {
            self.credentials
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if let Some(credentials) = kept().clone().filter(is_usable) {
            return Ok(credentials);
        }
        let provider = self.config.credentials_provider();
        let provider = provider.ok_or("there are no credentials")?;
        let credentials = provider.provide_credentials().await?;
        *kept() = Some(credentials.clone());
        Ok(credentials)
    }
}

/// The headers of a request, and its body.
type Signed = (Headers, Vec<u8>);

/// An error that a service returned.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Refused(ErrorMetadata);

impl ProvideErrorMetadata for Refused {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

/// Where a service is: as the environment and the profile say, or else where CloudWatch Logs is, under its own name.
async fn endpoint(config: &SdkConfig, service: Service) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id(service.id)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build();
    let own = key
        .ok()
        .and_then(|key| config.service_config()?.load_config(key));
    if let Some(url) = own.or_else(|| config.endpoint_url().map(ToOwned::to_owned)) {
        return Some(url);
    }
    let params = Params::builder()
        .region(config.region()?.as_ref())
        .use_fips(config.use_fips().unwrap_or_default())
        .use_dual_stack(config.use_dual_stack().unwrap_or_default())
        .build()
        .ok()?;
    let logs = DefaultResolver::new()
        .resolve_endpoint(&params)
        .await
        .ok()?;
    Some(
        logs.url()
            .replacen("://logs", &format!("://{}", service.host), 1),
    )
}

fn answer<T: DeserializeOwned>(response: &HttpResponse) -> Result<T, OrchestratorError<Refused>> {
    #[derive(Deserialize)]
    struct Answer {
        #[serde(rename = "__type")]
        code: String,
        #[serde(alias = "Message", default)]
        message: String,
    }
    let body = response.body().bytes().unwrap_or_default();
    if response.status().is_success() {
        return serde_json::from_slice(body).map_err(OrchestratorError::other);
    }
    let answer: Answer = serde_json::from_slice(body).map_err(OrchestratorError::other)?;
    let code = answer.code.rsplit('#').next().unwrap_or_default();
    let error = ErrorMetadata::builder().code(code).message(answer.message);
    Err(OrchestratorError::operation(Refused(error.build())))
}
