//! What the page is told each second, as JSON.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use serde_json::{Map, Value as Json, json};

use super::trouble::Trouble;
use crate::name::Name;
use crate::registry::{Figures, Happening, Instance, Metric, Reading, Registry, Sample, What};
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
    instances.iter_mut().for_each(|instance| {
        instance.key = instance.key.take().map(|key| if shows_keys { cut(&key).into_owned() } else { String::new() });
        instance.snapshot.iter_mut().chain(&mut instance.settings).for_each(|setting| shorten(&mut setting.value));
    });
    instances
}

/// The event of a frame.
pub(super) fn event(registry: &Registry, shows_keys: bool) -> Bytes {
    format!("data: {}\n\n", frame(registry, shows_keys)).into()
}

fn frame(registry: &Registry, shows_keys: bool) -> Json {
    let mut shown: Vec<_> = instances(registry, shows_keys).into_iter().map(|one| (Trouble::of(&one), one)).collect();
    let all = shown.len();
    shown.sort_by_key(|(trouble, _)| Reverse(*trouble));
    shown.truncate(MOST);
    let hidden = all - shown.len();
    let groups = groups(shown);
    let totals = totals(&registry.metrics_of(|kind, name| groups.contains_key(&(kind, name))));
    let figures = figures(registry);
    let groups: Vec<_> = groups.iter().map(|(of, instances)| group(*of, instances, figures.get(of))).collect();
    let now = wall_clock();
    json!({
        "at": seconds(now),
        "instances": all,
        "hidden": hidden,
        "groups": groups,
        "totals": totals,
        "happenings": happenings(registry, now, shows_keys),
    })
}

type Of = (Kind, Name);
type Groups = BTreeMap<Of, Vec<Json>>;

/// Instances by their kinds and names, those first that are worst off.
fn groups(instances: Vec<(Trouble, Instance)>) -> Groups {
    let mut groups = Groups::new();
    for (trouble, instance) in instances {
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

fn figures(registry: &Registry) -> BTreeMap<Of, Figures> {
    registry.figures(None).into_iter().map(|named| ((named.kind, named.name), named.figures)).collect()
}

/// The last things that happened, the last one first.
fn happenings(registry: &Registry, now: SystemTime, shows_keys: bool) -> Vec<Json> {
    let from = now.checked_sub(HAPPENINGS_OF).unwrap_or(UNIX_EPOCH);
    let happenings = registry.timeline(from, now).happenings;
    happenings.iter().rev().take(HAPPENINGS).map(|happening| told(happening, shows_keys)).collect()
}

fn told(happening: &Happening, shows_keys: bool) -> Json {
    let Happening { at, kind, name, key, what } = happening;
    // Their texts name replicas and nodes, which are keys, too.
    let is_keyed = matches!(kind, Kind::Replicas | Kind::Heartbeats);
    let is_told = shows_keys || !is_keyed || matches!(what, What::Steered { .. });
    let what = if is_told { what.to_string() } else { what.as_str().replace('_', " ") };
    let key = key.as_deref().filter(|_| shows_keys).map(cut);
    json!({ "at": seconds(*at), "kind": kind.as_str(), "name": name.as_str(), "key": key, "what": cut(&what) })
}

fn seconds(at: SystemTime) -> f64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// What was counted, by metric, name and labels. What is absent is zero.
type Totals = BTreeMap<&'static str, BTreeMap<&'static str, Map<String, Json>>>;

fn totals(metrics: &[Metric]) -> Totals {
    let mut totals = Totals::new();
    for metric in metrics {
        for Sample { labels, value, .. } in &metric.samples {
            let Some(count) = counted(value).filter(|count| *count > 0) else { continue };
            let (name, labels) = labels.split_first().map_or(("", &[][..]), |((_, name), others)| (*name, others));
            let labels: Vec<_> = labels.iter().map(|(_, value)| *value).collect();
            let of_metric = totals.entry(metric.name.trim_start_matches("palisade_")).or_default();
            of_metric.entry(name).or_default().insert(labels.join(" "), count.into());
        }
    }
    totals
}

fn counted(value: &Reading) -> Option<u64> {
    match value {
        Reading::Count(count) => Some(*count),
        Reading::Histogram(times) => Some(times.count()),
        Reading::Level(_) => None,
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
