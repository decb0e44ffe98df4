//! The Lambda that Firehose calls: reads the environment once, then serves one invocation after another.

use std::collections::BTreeMap;
use std::process::ExitCode;

use aws_sdk_kinesis::config::Credentials;
use catchment_transformer::Settings;
use catchment_transformer::firehose::Function;
use catchment_transformer::lambda::{self, Access, Refusal};
use catchment_transformer::settings::SETTINGS_FILE;
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let environment = environment();
    let access = access(&environment);
    let outcome = match settings(&environment) {
        Ok(settings) => {
            lambda::serve(move || Function::new(settings.clone(), access.clone())).await
        }
        Err(message) => {
            let refusal = Refusal {
                kind: "Catchment.WrongSetting",
                message,
            };
            lambda::refuse_to_start(&refusal)
                .await
                .and(Err(refusal.message.into()))
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            lambda::log(&json!({"level": "ERROR", "message": error.to_string()}));
            ExitCode::FAILURE
        }
    }
}

/// Reads the settings from the environment, and from the settings file that it may name.
fn settings(environment: &BTreeMap<String, String>) -> Result<Settings, String> {
    let path = environment.get(SETTINGS_FILE);
    let file = path.filter(|path| !path.is_empty()).map(|path| {
        #[expect(
            clippy::disallowed_methods,
            reason = "the settings file is read once, here"
        )]
        let text = std::fs::read_to_string(path);
        text.map_err(|error| {
            format!("{SETTINGS_FILE}: {path}: {error}; expected a file with settings, such as /opt/catchment.json of a layer")
        })
    });
    let read = Settings::from_file_and_pairs(file.transpose()?.as_deref(), environment);
    read.map_err(|error| {
        let file = format!("{SETTINGS_FILE}: {}", path.map_or("", String::as_str));
        error.with_names(&file, |setting| setting.variable().to_owned())
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "the environment is read once, here"
)]
fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// The credentials of the function's role, which Lambda sets as variables
/// (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>).
fn access(environment: &BTreeMap<String, String>) -> Option<Access> {
    let variable = |name| {
        environment
            .get(name)
            .filter(|value| !value.is_empty())
            .cloned()
    };
    Some(Access {
        credentials: Credentials::new(
            variable("AWS_ACCESS_KEY_ID")?,
            variable("AWS_SECRET_ACCESS_KEY")?,
            variable("AWS_SESSION_TOKEN"),
            None,
            "Lambda",
        ),
        endpoint: variable("AWS_ENDPOINT_URL"),
    })
}
