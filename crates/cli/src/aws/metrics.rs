//! Reads CloudWatch's metrics, over its JSON protocol with the SDK's own parts: signature, endpoint, retries, HTTP client.
//!
//! `aws-sdk-cloudwatch` is not used for the one call that is needed: through features of shared crates it would bring http 0.2 into every
//! other client, and another inflate into the transformer.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_cloudwatchlogs::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use aws_sdk_cloudwatchlogs::error::{BoxError, ErrorMetadata, ProvideErrorMetadata, SdkError};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::http::Headers;
use aws_types::SdkConfig;
use aws_types::service_config::ServiceConfigKey;
use serde::Deserialize;
use serde_json::{Value, json};

use super::clock::now_ms;
use super::{CallError, Connection};

/// What is asked of CloudWatch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Query<'a> {
    /// A metric of one resource.
    Metric {
        namespace: &'a str,
        name: &'a str,
        dimension: (&'a str, &'a str),
        /// `Sum` or `Maximum`.
        statistic: &'static str,
    },
    /// The sum of a metric for each log group of a filter. A call may have one
    /// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-limits.html>).
    ///
    /// It is asked for in SQL, because AWS documents no value of the dimension DestinationType for a `logs::Destination`
    /// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html>).
    OfFilter { name: &'a str, filter: &'a str },
}

impl Query<'_> {
    fn to_json(&self, id: &str) -> Value {
        match self {
            Self::Metric {
                namespace,
                name,
                dimension: (key, value),
                statistic,
            } => json!({ "Id": id, "MetricStat": {
                "Metric": { "Namespace": namespace, "MetricName": name, "Dimensions": [{ "Name": key, "Value": value }] },
                "Period": PERIOD,
                "Stat": statistic,
            } }),
            Self::OfFilter { name, filter } => {
                let filter = filter.replace('\'', "''");
                let query = format!(
                    r#"SELECT SUM({name}) FROM SCHEMA("AWS/Logs", DestinationType, FilterName, LogGroupName) WHERE FilterName = '{filter}' GROUP BY LogGroupName"#
                );
                json!({ "Id": id, "Expression": query, "Period": PERIOD })
            }
        }
    }

    fn is_maximum(&self) -> bool {
        matches!(
            self,
            Self::Metric {
                statistic: "Maximum",
                ..
            }
        )
    }
}

/// What is looked at: the last hour, minute by minute, since periods of an hour begin with the hour.
const SECONDS: i64 = 60 * 60;
const PERIOD: u32 = 60;

/// The values of the last hour, by the place of the query and the label: the name of the metric, or the log group.
///
/// # Errors
/// Fails if the service refuses the call.
pub(super) async fn last_hour(
    connection: &Connection,
    queries: &[Query<'_>],
) -> Result<BTreeMap<(usize, String), u64>, CallError> {
    let endpoint = endpoint(&connection.config).await;
    let mut values: BTreeMap<(usize, String), u64> = BTreeMap::new();
    let mut token: Option<String> = None;
    loop {
        let now = now_ms() / 1000;
        let numbered = queries.iter().enumerate();
        let asked: Vec<_> = numbered
            .map(|(at, query)| query.to_json(&format!("q{at}")))
            .collect();
        let body = json!({
            "StartTime": now - SECONDS, "EndTime": now, "MetricDataQueries": asked, "NextToken": token,
        });
        let body = body.to_string();
        let send = || send(&connection.config, endpoint.as_deref(), &body);
        let caller = &connection.caller;
        let page: Page = caller
            .call(ACTION, "the metrics of the last hour", send)
            .await?;
        for result in page.metric_data_results {
            let at = result.id.strip_prefix('q').and_then(|at| at.parse().ok());
            let Some((at, query)) = at.and_then(|at: usize| Some((at, queries.get(at)?))) else {
                continue;
            };
            let value = values.entry((at, result.label)).or_default();
            for one in result.values {
                // counts and milliseconds; a float that is neither becomes 0
                let one = one.round() as u64;
                *value = match query.is_maximum() {
                    true => (*value).max(one),
                    false => value.saturating_add(one),
                };
            }
        }
        token = page.next_token;
        if token.is_none() {
            return Ok(values);
        }
    }
}

const ACTION: &str = "cloudwatch:GetMetricData";

/// A page of GetMetricData's answer. AWS may add members.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    #[serde(default)]
    metric_data_results: Vec<Series>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Series {
    id: String,
    #[serde(default)]
    label: String,
    #[serde(default)]
    values: Vec<f64>,
}

/// An error that CloudWatch returned.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Refused(ErrorMetadata);

impl ProvideErrorMetadata for Refused {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

/// Where CloudWatch is: as the environment and the profile say, or else where CloudWatch Logs is, under its own name.
async fn endpoint(config: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id("cloudwatch")
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
    Some(logs.url().replacen("://logs", "://monitoring", 1))
}

async fn send(
    config: &SdkConfig,
    endpoint: Option<&str>,
    body: &str,
) -> Result<Page, SdkError<Refused, HttpResponse>> {
    let request = match request(config, endpoint, body).await {
        Ok(request) => request,
        Err(error) => return Err(SdkError::construction_failure(error)),
    };
    let mut operation = Operation::builder()
        .service_name("cloudwatch")
        .operation_name("GetMetricData")
        .no_auth();
    if let Some(url) = endpoint {
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
    let operation = operation.serializer(serialize).deserializer(page).build();
    operation.invoke(request).await
}

/// The headers of a request, and its body.
type Signed = (Headers, Vec<u8>);

async fn request(
    config: &SdkConfig,
    endpoint: Option<&str>,
    body: &str,
) -> Result<Signed, BoxError> {
    let endpoint = endpoint.ok_or("no endpoint of CloudWatch is known")?;
    let provider = config
        .credentials_provider()
        .ok_or("there are no credentials")?;
    let identity = provider.provide_credentials().await?.into();
    let region = config.region().map(AsRef::as_ref).unwrap_or_default();
    let time = SystemTime::UNIX_EPOCH + Duration::from_millis(now_ms().unsigned_abs());
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("monitoring")
        .time(time)
        .settings(SigningSettings::default())
        .build()?
        .into();
    let fixed = [
        ("content-type", "application/x-amz-json-1.0"),
        (
            "x-amz-target",
            "GraniteServiceVersion20100801.GetMetricData",
        ),
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
        headers.insert(name, value);
    }
    for header in instructions.headers() {
        headers.insert(header.0.to_owned(), header.1.to_owned());
    }
    Ok((headers, body.as_bytes().to_vec()))
}

fn page(response: &HttpResponse) -> Result<Page, OrchestratorError<Refused>> {
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
