//! What the page is told each second, as JSON.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use serde_json::{Map, Value as Json, json};

use super::trouble::Trouble;
use crate::name::Name;
use crate::registry::{Figures, Happening, Instance, Look, Metric, Reading, Registry, Sample, Story, What};
use crate::setting::Value;
use crate::source::Kind;
use crate::time::wall_clock;

/// The most instances that a frame has, those that are worst off.
const MOST: usize = 200;

/// How many of the last happenings a frame has, and how far back they go.
const HAPPENINGS: usize = 50;
const HAPPENINGS_OF: Duration = Duration::from_secs(60 * 60);

/// The most characters of a text that is shown, such as the text of an error.
const LONGEST_TEXT: usize = 200;

/// All instances, without what is not to be shown.
pub(super) fn instances(registry: &Registry, shows_keys: bool) -> Vec<Instance> {
    let mut instances = registry.instances();
    for instance in &mut instances {
        veil(instance, shows_keys);
    }
    instances
}

/// Takes away what is not to be shown.
fn veil(instance: &mut Instance, shows_keys: bool) {
    let Instance { key, snapshot, settings, .. } = instance;
    *key = key.take().map(|key| if shows_keys { cut(&key).into_owned() } else { String::new() });
    snapshot.iter_mut().chain(settings).for_each(|setting| shorten(&mut setting.value));
}

/// The event of a frame.
pub(super) fn event(registry: &Registry, shows_keys: bool) -> Bytes {
    format!("data: {}\n\n", frame(registry, shows_keys)).into()
}

fn frame(registry: &Registry, shows_keys: bool) -> Json {
    let (look, now) = (registry.look(), wall_clock());
    let happenings = happenings(&look, now, shows_keys);
    let Worst { shown, all, names } = Worst::of(&look);
    let hidden = all - shown.len();
    let mut groups = groups(shown, shows_keys);
    let mut rows = registry.rows();
    rows.retain(|row| {
        let of = (row.kind(), row.name());
        // What was counted stays when its last instance has gone.
        if groups.len() < MOST && !names.contains(&of) && row.has_counted() {
            groups.entry(of).or_default();
        }
        groups.contains_key(&of)
    });
    let names: BTreeSet<_> = groups.keys().map(|(_, name)| *name).collect();
    let look = look.named(|name| names.contains(&name));
    let metrics = numbers(&look.metrics(&rows));
    let figures = figures(&look);
    let groups: Vec<_> = groups.iter().map(|(of, instances)| group(*of, instances, figures.get(of))).collect();
    json!({
        "at": seconds(now),
        "instances": all,
        "hidden": hidden,
        "groups": groups,
        "metrics": metrics,
        "happenings": happenings,
    })
}

type Of = (Kind, Name);
type Groups = BTreeMap<Of, Vec<Json>>;

/// The instances that are worst off, out of all.
#[derive(Default)]
struct Worst {
    shown: Vec<(Trouble, Instance)>,
    all: usize,
    /// Those of all.
    names: BTreeSet<Of>,
}

impl Worst {
    fn of(look: &Look) -> Self {
        let mut worst = Self::default();
        for instance in look.instances() {
            worst.all += 1;
            worst.names.insert((instance.kind, instance.name));
            worst.shown.push((Trouble::of(&instance), instance));
            if worst.shown.len() == 2 * MOST {
                worst.trim();
            }
        }
        worst.trim();
        worst
    }

    fn trim(&mut self) {
        self.shown.sort_by_key(|(trouble, instance)| (Reverse(*trouble), instance.kind, instance.name));
        self.shown.truncate(MOST);
    }
}

/// Instances by their kinds and names, those first that are worst off.
fn groups(instances: Vec<(Trouble, Instance)>, shows_keys: bool) -> Groups {
    let mut groups = Groups::new();
    for (trouble, mut instance) in instances {
        veil(&mut instance, shows_keys);
        let mut one = serde_json::to_value(&instance).unwrap_or_default();
        one["trouble"] = trouble.as_str().into();
        groups.entry((instance.kind, instance.name)).or_default().push(one);
    }
    groups
}

fn group((kind, name): Of, instances: &[Json], figures: Option<&Figures>) -> Json {
    let figures = figures.map(|figures| {
        json!({
            "success_rate": figures.success_rate,
            "availability": figures.availability,
            "failures": figures.failures,
            "downtime": figures.downtime.as_secs_f64(),
            "mtbf": figures.mtbf.map(|time| time.as_secs_f64()),
            "mttr": figures.mttr.map(|time| time.as_secs_f64()),
        })
    });
    json!({ "kind": kind.as_str(), "name": name.as_str(), "instances": instances, "figures": figures })
}

fn figures(look: &Look) -> BTreeMap<Of, Figures> {
    look.figures(None).into_iter().map(|named| ((named.kind, named.name), named.figures)).collect()
}

/// The last things that happened, the last one first.
fn happenings(look: &Look, now: SystemTime, shows_keys: bool) -> Vec<Json> {
    let from = now.checked_sub(HAPPENINGS_OF).unwrap_or(UNIX_EPOCH);
    let happenings = look.timeline(Story::of_last(HAPPENINGS, from, now)).happenings;
    happenings.iter().rev().map(|happening| told(happening, shows_keys)).collect()
}

fn told(happening: &Happening, shows_keys: bool) -> Json {
    let Happening { at, kind, name, key, what } = happening;
    // Their texts name replicas, nodes and sagas, which are keys, too.
    let is_keyed = matches!(kind, Kind::Replicas | Kind::Heartbeats | Kind::Saga);
    let is_told = shows_keys || !is_keyed || matches!(what, What::Steered { .. });
    let what = if is_told { what.to_string() } else { what.as_str().replace('_', " ") };
    let key = key.as_deref().filter(|_| shows_keys).map(cut);
    json!({ "at": seconds(*at), "kind": kind.as_str(), "name": name.as_str(), "key": key, "what": cut(&what) })
}

fn seconds(at: SystemTime) -> f64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// The values of metrics, by metric, name and labels. Of a histogram it is the count, and what is absent is zero.
type Numbers = BTreeMap<&'static str, BTreeMap<&'static str, Map<String, Json>>>;

fn numbers(metrics: &[Metric]) -> Numbers {
    let mut numbers = Numbers::new();
    for metric in metrics {
        for Sample { labels, value, .. } in &metric.samples {
            let (number, is_zero) = number(value);
            if is_zero {
                continue;
            }
            let (name, labels) = labels.split_first().map_or(("", &[][..]), |((_, name), others)| (*name, others));
            let labels: Vec<_> = labels.iter().map(|(_, value)| *value).collect();
            let of_metric = numbers.entry(metric.name.trim_start_matches("palisade_")).or_default();
            of_metric.entry(name).or_default().insert(labels.join(" "), number);
        }
    }
    numbers
}

fn number(value: &Reading) -> (Json, bool) {
    match value {
        Reading::Count(count) => ((*count).into(), *count == 0),
        Reading::Histogram(times) => (times.count().into(), times.count() == 0),
        Reading::Level(level) => ((*level).into(), *level == 0.0),
    }
}

fn shorten(value: &mut Value) {
    if let Value::Text(text) = value {
        if let Cow::Owned(short) = cut(text) {
            *text = short.into();
        }
    }
}

/// The beginning of a text, where it is too long.
fn cut(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}
