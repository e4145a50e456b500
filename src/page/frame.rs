//! What the page is told each second, as JSON.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::UNIX_EPOCH;

use bytes::Bytes;
use serde_json::{Map, Value as Json, json};

use super::trouble::Trouble;
use crate::name::Name;
use crate::registry::{Instance, Metric, Reading, Registry, Sample};
use crate::setting::Value;
use crate::source::Kind;
use crate::time::wall_clock;

/// The most instances that a frame has, those that are worst off.
const MOST: usize = 200;

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
    let groups: Vec<_> = groups.iter().map(|((kind, name), instances)| group(*kind, *name, instances)).collect();
    let at = wall_clock().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    json!({ "at": at, "instances": all, "hidden": hidden, "groups": groups, "totals": totals })
}

type Groups = BTreeMap<(Kind, Name), Vec<Json>>;

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

fn group(kind: Kind, name: Name, instances: &[Json]) -> Json {
    json!({ "kind": kind.as_str(), "name": name.as_str(), "instances": instances })
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
