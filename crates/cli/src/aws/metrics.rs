//! Reads CloudWatch's metrics.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::clock::now_ms;
use super::json::{Client, Service};
use super::{CallError, Connection};

const CLOUDWATCH: Service = Service {
    id: "cloudwatch",
    host: "monitoring",
    target: "GraniteServiceVersion20100801",
    version: "1.0",
};

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
    let caller = &connection.caller;
    let client = Client::new(CLOUDWATCH, &connection.config, caller.region.as_str()).await;
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
        let page: Page = client
            .call(caller, ACTION, "the metrics of the last hour", &body)
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
