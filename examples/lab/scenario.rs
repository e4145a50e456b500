//! A scenario: calls, the service that they reach, and the policies that are compared.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use tower::BoxError;

use crate::claim::Claim;
use crate::legal::unless;
use crate::play::Script;
use crate::played::Played;
use crate::policy::Policy;
use crate::ranking::winner;
use crate::span::Span;
use crate::trace::Trace;
use crate::trace::load::Load;
use crate::upstream::Upstream;

/// A scenario as its file says it. Nothing in it must be set: the arguments say the rest.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    /// What happens, in a sentence.
    pub(crate) about: String,
    /// How long a caller waits.
    pub(crate) patience: Span,
    #[serde(rename = "load")]
    pub(crate) loads: Vec<Load>,
    pub(crate) upstream: Upstream,
    /// The files of policies, from the folder of this file.
    pub(crate) policies: Vec<String>,
    /// The policy that should win.
    pub(crate) best: Option<String>,
    #[serde(rename = "claim")]
    pub(crate) claims: Vec<Claim>,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            name: "a trace".to_owned(),
            about: String::new(),
            patience: Span(Duration::from_secs(60)),
            loads: Vec::new(),
            upstream: Upstream::default(),
            policies: Vec::new(),
            best: None,
            claims: Vec::new(),
        }
    }
}

impl Scenario {
    /// Reads the scenario in a file, and refuses what is not legal.
    pub(crate) fn read(path: &Path) -> Result<Self, BoxError> {
        let scenario = fs::read_to_string(path).map_err(BoxError::from).and_then(|text| Self::parse(&text));
        scenario.map_err(|error| format!("{}: {error}", path.display()).into())
    }

    pub(crate) fn parse(text: &str) -> Result<Self, BoxError> {
        let scenario: Self = toml::from_str(text)?;
        unless(scenario.patience.0 <= Duration::from_secs(3600), "patience", scenario.patience, "at most an hour")?;
        Load::check(&scenario.loads)?;
        scenario.upstream.check()?;
        scenario.claims.iter().try_for_each(Claim::check)?;
        Ok(scenario)
    }

    /// Plays a trace of calls under each policy, on a thread for each. Refuses two of the same name: nobody could tell them apart.
    pub(crate) fn play(&self, trace: &Trace, policies: &[Policy], seed: u64) -> Result<Vec<Played>, BoxError> {
        let names: Vec<_> = policies.iter().map(|policy| &policy.name).collect();
        let differ = names.iter().collect::<BTreeSet<_>>().len() == names.len();
        unless(differ, "policy", names, "files of different names")?;
        let script = Script { trace, patience: self.patience.0, upstream: &self.upstream, seed };
        std::thread::scope(|threads| {
            let plays: Vec<_> = policies.iter().map(|policy| threads.spawn(move || script.play(policy))).collect();
            plays.into_iter().map(|play| play.join().map_err(|_| "a play panicked")?).collect()
        })
    }

    /// What must hold and does not: the policy wins that should, and the claims.
    pub(crate) fn broken(&self, played: &[Played]) -> Vec<String> {
        let winner = winner(played);
        let wins = |best: &String| winner.is_some_and(|winner| winner.policy == *best);
        let best = self.best.iter().filter(|best| !wins(best)).map(|best| format!("{best} wins"));
        let claims = self.claims.iter().filter(|claim| !claim.holds(played)).map(Claim::to_string);
        best.chain(claims).map(|broken| format!("{}: {broken}", self.name)).collect()
    }
}
