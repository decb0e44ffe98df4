//! AWS's configuration files: read once, split into sections, and handed to the SDK one profile at a time.
//!
//! The SDK parses all of a file for each login and keeps what it parsed: thousands of profiles times thousands of logins. Here
//! it is given the text of the profile in question and of the sections that this one refers to.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};

use aws_config::profile::ProfileSet;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_types::os_shim_internal::{Env, Fs};

use super::cause::Cause;
use crate::aws::environment::variable;

/// Both configuration files.
#[derive(Debug)]
pub(in crate::aws) struct ProfileFiles {
    config: File,
    credentials: File,
}

/// One profile, with the sections that it refers to.
#[derive(Debug)]
pub(in crate::aws) struct Selected {
    pub(in crate::aws) files: EnvConfigFiles,
    pub(in crate::aws) settings: ProfileSet,
}

#[derive(Debug, Default)]
struct File {
    path: PathBuf,
    is_there: bool,
    text: String,
    /// Where each section stands in the text; one of the same name can stand there several times.
    sections: BTreeMap<Section, Vec<Range<usize>>>,
}

/// What a section is about (`profile`, `sso-session`, `services`), and its name.
type Section = (String, String);

const PROFILE: &str = "profile";

/// How similar a name must be to be suggested, by strsim's measure; 1 is the same.
const ALIKE: f64 = 0.8;
const NEAREST_MAX: usize = 3;

impl ProfileFiles {
    /// Reads `~/.aws/config` and `~/.aws/credentials`, or the files that the environment names instead.
    pub(in crate::aws) fn read() -> Result<Self, Cause> {
        Ok(Self {
            config: File::read("AWS_CONFIG_FILE", "config", |header| {
                match header.split_once([' ', '\t']) {
                    Some((kind, name)) => (kind.to_owned(), name.trim().to_owned()),
                    // without `profile` before it, only the default profile counts
                    None if header == "default" => (PROFILE.to_owned(), header.to_owned()),
                    None => (String::new(), header.to_owned()),
                }
            })?,
            credentials: File::read("AWS_SHARED_CREDENTIALS_FILE", "credentials", |header| {
                (PROFILE.to_owned(), header.to_owned())
            })?,
        })
    }

    /// Whether a profile of this name is defined.
    pub(in crate::aws) fn has(&self, profile: &str) -> bool {
        let section = (PROFILE.to_owned(), profile.to_owned());
        [&self.config, &self.credentials]
            .iter()
            .any(|file| file.sections.contains_key(&section))
    }

    /// A profile as the SDK reads it, whether it is defined or not, with all that it refers to.
    pub(in crate::aws) async fn select(&self, profile: &str) -> Result<Selected, Cause> {
        let mut sections = BTreeSet::from([(PROFILE.to_owned(), profile.to_owned())]);
        loop {
            let files = EnvConfigFiles::builder()
                .with_contents(EnvConfigFileKind::Config, self.config.of(&sections))
                .with_contents(
                    EnvConfigFileKind::Credentials,
                    self.credentials.of(&sections),
                )
                .build();
            let name = Some(profile.to_owned().into());
            let settings = aws_config::profile::load(&Fs::real(), &Env::real(), &files, name)
                .await
                .map_err(|error| self.unreadable(profile, &error))?;
            let before = sections.len();
            sections.extend(referred(&settings));
            if sections.len() == before {
                return Ok(Selected { files, settings });
            }
        }
    }

    /// Why a profile that is not defined gives no credentials. `subject` and `hint` say who names it.
    pub(in crate::aws) fn missing(&self, profile: &str, subject: &str, hint: String) -> Cause {
        let files = [&self.config, &self.credentials];
        let [config, credentials] = files.map(|file| {
            let absent = if file.is_there { "" } else { " (no such file)" };
            format!("{}{absent}", file.path.display())
        });
        let names = files.into_iter().flat_map(|file| {
            let profiles = file.sections.keys().filter(|(kind, _)| kind == PROFILE);
            profiles.map(|(_, name)| name.as_str())
        });
        let nearest = match nearest(profile, &names.collect()).as_slice() {
            [] => String::new(),
            [one] => format!("; the nearest name there is {one}"),
            several => format!("; the nearest names there are {}", several.join(", ")),
        };
        let where_not = format!("is defined neither in {config} nor in {credentials}");
        Cause::new(format!("{subject} {where_not}{nearest}"), hint)
    }

    fn unreadable(
        &self,
        profile: &str,
        error: &aws_config::profile::ProfileFileLoadError,
    ) -> Cause {
        let innermost = crate::aws::cause::innermost(error);
        // the line that the SDK names is one of the excerpt
        let why = innermost.rsplit('\n').next().unwrap_or_default().trim();
        Cause::new(
            format!("its settings cannot be read: {why}"),
            format!(
                "correct profile {profile} in {} or {}",
                self.config.path.display(),
                self.credentials.path.display()
            ),
        )
    }
}

/// The sections that profiles refer to: their source profiles, their SSO session, their services' endpoints.
fn referred(settings: &ProfileSet) -> Vec<Section> {
    let kinds = [
        ("source_profile", PROFILE),
        ("sso_session", "sso-session"),
        ("services", "services"),
    ];
    let profiles = settings
        .profiles()
        .filter_map(|name| settings.get_profile(name));
    profiles
        .flat_map(|profile| {
            kinds
                .iter()
                .filter_map(|(key, kind)| Some(((*kind).to_owned(), profile.get(key)?.to_owned())))
        })
        .collect()
}

/// The most similar names, best first.
fn nearest(name: &str, names: &BTreeSet<&str>) -> Vec<String> {
    let mut alike: Vec<_> = names
        .iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), *candidate))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .collect();
    alike.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    alike
        .into_iter()
        .take(NEAREST_MAX)
        .map(|(_, name)| name.to_owned())
        .collect()
}

impl File {
    fn read(
        variable_name: &str,
        default: &str,
        section: impl Fn(&str) -> Section,
    ) -> Result<Self, Cause> {
        let home = std::env::home_dir().unwrap_or_default();
        let path = match variable(variable_name) {
            Some(path) => match path.strip_prefix("~/") {
                Some(rest) => home.join(rest),
                None => PathBuf::from(path),
            },
            None => home.join(".aws").join(default),
        };
        #[expect(clippy::disallowed_methods, reason = "logging in reads AWS's files")]
        let bytes = match std::fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(Self {
                    path,
                    ..Self::default()
                });
            }
            bytes => bytes.map_err(|error| {
                Cause::new(
                    format!("{} cannot be read: {error}", path.display()),
                    "make it readable for the user who runs catchment",
                )
            })?,
        };
        let text = String::from_utf8(bytes).map_err(|_| {
            Cause::new(
                format!("{} is not UTF-8", path.display()),
                "convert it to UTF-8",
            )
        })?;
        Ok(Self {
            sections: sections(&text, &path, section)?,
            path,
            is_there: true,
            text,
        })
    }

    /// The text of these sections.
    fn of(&self, sections: &BTreeSet<Section>) -> String {
        sections
            .iter()
            .filter_map(|section| self.sections.get(section))
            .flatten()
            .filter_map(|range| self.text.get(range.clone()))
            .collect()
    }
}

/// Splits a file at its headers: lines that begin with `[`.
fn sections(
    text: &str,
    path: &Path,
    section: impl Fn(&str) -> Section,
) -> Result<BTreeMap<Section, Vec<Range<usize>>>, Cause> {
    let malformed = |line: usize, what: &str| {
        Cause::new(
            format!("line {line} of {} {what}", path.display()),
            "correct that line",
        )
    };
    let mut sections: BTreeMap<Section, Vec<Range<usize>>> = BTreeMap::new();
    let mut last = None;
    let mut start = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let end = start + line.len();
        if line.starts_with('[') {
            let header = line.split(['#', ';']).next().unwrap_or_default().trim();
            let header = header
                .strip_prefix('[')
                .and_then(|header| header.strip_suffix(']'));
            let header = header
                .ok_or_else(|| malformed(number + 1, "begins a section whose name no `]` ends"))?;
            last = Some(section(header.trim()));
        } else if last.is_none() && !line.trim().is_empty() && !line.starts_with(['#', ';']) {
            return Err(malformed(number + 1, "stands before the first section"));
        }
        if let Some(last) = &last {
            let ranges = sections.entry(last.clone()).or_default();
            match ranges.last_mut() {
                Some(range) if range.end == start => range.end = end,
                _ => ranges.push(start..end),
            }
        }
        start = end;
    }
    Ok(sections)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Result<File, Cause> {
        let section = |header: &str| match header.split_once(' ') {
            Some((kind, name)) => (kind.to_owned(), name.to_owned()),
            None => (String::new(), header.to_owned()),
        };
        Ok(File {
            sections: sections(text, Path::new("config"), section)?,
            text: text.to_owned(),
            ..File::default()
        })
    }

    fn profile(name: &str) -> Section {
        (PROFILE.to_owned(), name.to_owned())
    }

    #[test]
    fn a_section_keeps_its_lines_and_gains_those_of_its_repetition() {
        let file = config(
            "# mine\n\n[profile a] # first\nx = 1\n s = 2\n[profile b]\ny = 1\n[profile a]\nz = 1",
        )
        .unwrap();
        assert_eq!(
            file.of(&BTreeSet::from([profile("a")])),
            "[profile a] # first\nx = 1\n s = 2\n[profile a]\nz = 1"
        );
        assert_eq!(file.of(&BTreeSet::from([profile("c")])), "");
    }

    #[test]
    fn a_line_that_belongs_nowhere_is_named() {
        let told = |text| config(text).unwrap_err().to_string();
        assert_eq!(
            told("\nregion = x\n[profile a]\n"),
            "line 2 of config stands before the first section"
        );
        assert_eq!(
            told("[profile a\n"),
            "line 1 of config begins a section whose name no `]` ends"
        );
    }

    #[test]
    fn the_nearest_names_are_those_of_a_slip() {
        let names = BTreeSet::from(["logging", "dev1", "dev2", "production"]);
        assert_eq!(nearest("dev3", &names), ["dev1", "dev2"]);
        assert_eq!(nearest("zzz", &names), [""; 0]);
    }
}
