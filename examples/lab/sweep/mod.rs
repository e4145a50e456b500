//! The defaults again: each setting is varied alone, over all workloads and scenarios.

pub(crate) mod picture;
pub(crate) mod settings;
pub(crate) mod table;

use std::num::NonZero;
use std::path::Path;
use std::thread;

use tower::BoxError;

use self::settings::{SETTINGS, Setting};
use crate::play::Script;
use crate::played::Totals;
use crate::policy::Policy;
use crate::scenario::Scenario;
use crate::trace::Trace;
use crate::workload::{policy, workloads};

/// So much of a percentage is no chance.
const POINT: f64 = 1.0;

/// A setting that was varied.
#[derive(Clone, Debug)]
pub(crate) struct Swept {
    /// Its name and the unit of its values.
    pub(crate) setting: &'static str,
    pub(crate) values: Vec<Variant>,
}

/// What became of all loads with a value of it.
#[derive(Clone, Debug)]
pub(crate) struct Variant {
    pub(crate) value: f64,
    pub(crate) is_default: bool,
    /// One for each load, in the same order for all values.
    pub(crate) results: Vec<Figures>,
}

/// What became of a load, in percent of its calls.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    pub(crate) load: String,
    /// Calls that got a response of the service.
    pub(crate) good: f64,
    pub(crate) sent: f64,
    /// Calls among these that the service did not answer.
    pub(crate) vain: f64,
}

/// How a value does against the default: on how many loads it is better, and on how many it is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Against {
    pub(crate) better: usize,
    pub(crate) worse: usize,
}

impl Swept {
    fn default(&self) -> Option<&Variant> {
        self.values.iter().find(|value| value.is_default)
    }

    /// What each load gains by a value, in points. It is worse if a point fewer of its calls are good, or a point more are sent in
    /// vain; if neither is so, it is better by the gain of either.
    fn gains(&self, value: &Variant) -> impl Iterator<Item = f64> {
        let usual = self.default().map_or(&[][..], |value| &value.results);
        usual.iter().zip(&value.results).map(|(old, new)| {
            let (good, vain) = (new.good - old.good, old.vain - new.vain);
            if good.min(vain) < -POINT { good.min(vain) } else { good.max(vain) }
        })
    }

    pub(crate) fn against_default(&self, value: &Variant) -> Against {
        let count = |is: fn(&f64) -> bool| self.gains(value).filter(is).count();
        Against { better: count(|gain| *gain > POINT), worse: count(|gain| *gain < -POINT) }
    }

    /// Whether a value should be the default: it is better on more than half of the loads, and worse on none.
    pub(crate) fn should_be_default(&self, value: &Variant) -> bool {
        let Against { better, worse } = self.against_default(value);
        2 * better > value.results.len() && worse == 0
    }
}

/// A load, and the policy that it is played with as long as nothing is varied.
struct Load {
    scenario: Scenario,
    policy: Policy,
}

/// All workloads with README's stack, and all scenarios with the standard one; those that say so, with another. A stack that has
/// nothing to vary would say nothing.
fn loads(scenarios: &Path) -> Result<Vec<Load>, BoxError> {
    let readme = "readme.toml".to_owned();
    let mut loads = Vec::new();
    for scenario in workloads()? {
        let policy = policy(scenario.policies.first().unwrap_or(&readme))?;
        loads.push(Load { scenario, policy });
    }
    let entries = scenarios.read_dir()?.collect::<Result<Vec<_>, _>>()?;
    let mut paths: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let scenario = Scenario::read(&path)?;
        let named = |stack: &str| scenario.policies.iter().find(|file| file.ends_with(&format!("/{stack}.toml")));
        let file = named("standard").or_else(|| named(scenario.best.as_deref()?));
        let own = file.map(|file| Policy::read(&scenarios.join(file))).transpose()?;
        let varies = |own: &Policy| own.circuit_breaker.is_some() || own.retry.is_some();
        let policy = own.filter(varies).map_or_else(|| policy(&readme), Ok)?;
        loads.push(Load { scenario, policy });
    }
    Ok(loads)
}

/// Varies all settings.
pub(crate) fn sweep(scenarios: &Path, seed: u64) -> Result<Vec<Swept>, BoxError> {
    let loads = loads(scenarios)?;
    let variants = SETTINGS.iter().flat_map(|setting| setting.values.iter().map(move |value| (setting, *value)));
    let jobs: Vec<_> = variants.flat_map(|variant| loads.iter().map(move |load| (variant, load))).collect();
    let mut figures = together(&jobs, |((setting, value), load)| load.play(setting, *value, seed))?.into_iter();
    let mut value = |value, default| {
        let results = figures.by_ref().take(loads.len()).collect();
        Variant { value, is_default: value.total_cmp(&default).is_eq(), results }
    };
    let mut swept = |setting: &Setting| Swept {
        setting: setting.name,
        values: setting.values.iter().map(|it| value(*it, setting.default)).collect(),
    };
    Ok(SETTINGS.iter().map(&mut swept).collect())
}

/// Does all jobs, on a thread for each processor. The results are in the order of the jobs.
fn together<J: Sync, T: Send>(jobs: &[J], work: impl Fn(&J) -> Result<T, BoxError> + Sync) -> Result<Vec<T>, BoxError> {
    let count = thread::available_parallelism().map_or(1, NonZero::get);
    let share = |thread| jobs.iter().skip(thread).step_by(count).map(&work).collect::<Result<Vec<_>, _>>();
    let shares: Vec<_> = thread::scope(|threads| {
        let workers: Vec<_> = (0..count).map(|thread| threads.spawn(move || share(thread))).collect();
        workers.into_iter().map(|worker| worker.join().map_err(|_| "a play panicked")?).collect::<Result<_, BoxError>>()
    })?;
    let mut shares: Vec<_> = shares.into_iter().map(Vec::into_iter).collect();
    Ok((0..jobs.len()).filter_map(|job| shares[job % count].next()).collect())
}

impl Load {
    #[expect(clippy::cast_precision_loss, reason = "a load has fewer calls than an `f64` can count")]
    fn play(&self, setting: &Setting, value: f64, seed: u64) -> Result<Figures, BoxError> {
        let Scenario { name, loads, upstream, patience, .. } = &self.scenario;
        let mut policy = self.policy.clone();
        (setting.set)(&mut policy, value);
        let trace = Trace::Drawn(loads.clone());
        let script = Script { trace: &trace, patience: patience.0, upstream, seed };
        let Totals { calls, good, sent, vain, .. } = script.play(&policy)?.totals;
        let percent = |part: u64| 100.0 * part as f64 / calls.max(1) as f64;
        Ok(Figures { load: name.clone(), good: percent(good), sent: percent(sent), vain: percent(vain) })
    }
}
