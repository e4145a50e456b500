//! What the arguments ask for.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use crate::trace::read::BadLines;

/// What is said where the arguments are not understood.
pub(crate) const USAGE: &str = "\
usage: lab [--scenario FILE] [--trace FILE] [--policy FILE]... [--seed NUMBER] [--out FILE] [--skip-bad-lines] [--check | --sweep]

  --scenario FILE    plays this scenario (TOML) instead of those of the lab
  --trace FILE       plays the calls of this file (CSV, with a column `arrival` in seconds) instead of drawn ones
  --policy FILE      compares these policies (TOML) instead of those of the scenario
  --seed NUMBER      draws otherwise; it is 1 unless said
  --out FILE         writes the report there, and not into target/lab
  --skip-bad-lines   leaves out the lines of a trace that cannot be read, and does not refuse the trace
  --check            fails unless the policy wins that should, and what a scenario claims holds
  --sweep            varies the defaults of the crate over all loads of the lab, and writes the figures into target/lab/sweep.csv";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) scenario: Option<PathBuf>,
    pub(crate) trace: Option<PathBuf>,
    pub(crate) policies: Vec<PathBuf>,
    pub(crate) seed: u64,
    pub(crate) out: Option<PathBuf>,
    pub(crate) bad_lines: BadLines,
    pub(crate) check: bool,
    pub(crate) sweep: bool,
}

impl Asked {
    /// Reads arguments. An error says which was not understood.
    pub(crate) fn read(mut arguments: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let mut asked = Self {
            scenario: None,
            trace: None,
            policies: Vec::new(),
            seed: 1,
            out: None,
            bad_lines: BadLines::Refused,
            check: false,
            sweep: false,
        };
        while let Some(name) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("`{}` needs a value", name.to_string_lossy()));
            match name.to_str().unwrap_or_default() {
                "--scenario" => asked.scenario = Some(value()?.into()),
                "--trace" => asked.trace = Some(value()?.into()),
                "--policy" => asked.policies.push(value()?.into()),
                "--seed" => asked.seed = seed(&value()?)?,
                "--out" => asked.out = Some(value()?.into()),
                "--skip-bad-lines" => asked.bad_lines = BadLines::Skipped,
                "--check" => asked.check = true,
                "--sweep" => asked.sweep = true,
                _ => return Err(format!("`{}` is unknown", name.to_string_lossy())),
            }
        }
        let is_whole = asked.wants_all() && asked.policies.is_empty() && asked.out.is_none();
        if asked.sweep && (asked.check || !is_whole) {
            return Err("`--sweep` is for all loads of the lab, and takes nothing but `--seed`".to_owned());
        }
        if asked.out.is_some() && asked.wants_all() {
            return Err("`--out` is for one report, and needs `--scenario` or `--trace`".to_owned());
        }
        if asked.check && (asked.trace.is_some() || !asked.policies.is_empty()) {
            return Err("`--check` is for a scenario as it is, without `--trace` or `--policy`".to_owned());
        }
        Ok(asked)
    }

    /// Whether the scenarios of the lab are played.
    pub(crate) const fn wants_all(&self) -> bool {
        self.scenario.is_none() && self.trace.is_none()
    }
}

fn seed(text: &OsStr) -> Result<u64, String> {
    let number = text.to_str().and_then(|text| text.parse().ok());
    number.ok_or_else(|| format!("`--seed` is {text:?}, and must be a whole number from 0 to {}", u64::MAX))
}
