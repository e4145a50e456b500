//! How instances, timelines and figures are serialized.

use std::time::SystemTime;

use serde::ser::{Serialize, SerializeMap, SerializeStruct, Serializer};

use super::instance::Instance;
use super::named::NamedFigures;
use super::rfc3339::Rfc3339;
use super::timeline::{Failure, Happening, Timeline};
use crate::setting::{Setting, Value};
use crate::state::history::Figures;

impl Serialize for Instance {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { kind, name, key, settings, snapshot } = self;
        let mut instance = serializer.serialize_struct("Instance", 5)?;
        instance.serialize_field("kind", kind.as_str())?;
        instance.serialize_field("name", name.as_str())?;
        instance.serialize_field("key", key)?;
        instance.serialize_field("settings", &Map(settings))?;
        instance.serialize_field("snapshot", &Map(snapshot))?;
        instance.end()
    }
}

/// Values by their names.
struct Map<'a>(&'a [Setting]);

impl Serialize for Map<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        self.0.iter().try_for_each(|Setting { name, value }| map.serialize_entry(name, value))?;
        map.end()
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Off => serializer.serialize_bool(false),
            Self::On => serializer.serialize_bool(true),
            Self::Count(count) => serializer.serialize_u64(*count),
            Self::Rate(rate) => serializer.serialize_f64(*rate),
            Self::Time(time) => serializer.serialize_f64(time.as_secs_f64()),
            Self::Backoff(backoff) => serializer.collect_str(backoff),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl Serialize for Timeline {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { from, to, failures, happenings, left_out } = self;
        let mut timeline = serializer.serialize_struct("Timeline", 5)?;
        timeline.serialize_field("from", &Time(*from))?;
        timeline.serialize_field("to", &Time(*to))?;
        timeline.serialize_field("failures", failures)?;
        timeline.serialize_field("happenings", happenings)?;
        timeline.serialize_field("left_out", left_out)?;
        timeline.end()
    }
}

impl Serialize for Failure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { kind, name, key, began, ended, lasted, reason, rejected, degraded, lost } = self;
        let mut failure = serializer.serialize_struct("Failure", 10)?;
        failure.serialize_field("kind", kind.as_str())?;
        failure.serialize_field("name", name.as_str())?;
        failure.serialize_field("key", key)?;
        failure.serialize_field("began", &Time(*began))?;
        failure.serialize_field("ended", &ended.map(Time))?;
        failure.serialize_field("lasted", &lasted.as_secs_f64())?;
        failure.serialize_field("reason", reason)?;
        failure.serialize_field("rejected", rejected)?;
        failure.serialize_field("degraded", degraded)?;
        failure.serialize_field("lost", lost)?;
        failure.end()
    }
}

impl Serialize for Happening {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { at, kind, name, key, what } = self;
        let mut happening = serializer.serialize_struct("Happening", 6)?;
        happening.serialize_field("at", &Time(*at))?;
        happening.serialize_field("kind", kind.as_str())?;
        happening.serialize_field("name", name.as_str())?;
        happening.serialize_field("key", key)?;
        happening.serialize_field("what", what.as_str())?;
        happening.serialize_field("text", &what.to_string())?;
        happening.end()
    }
}

impl Serialize for NamedFigures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Figures { success_rate, failures, restored, reopened, availability, .. } = self.figures;
        let Figures { watched, operating, downtime, mtbf, mttr, longest, .. } = self.figures;
        let mut figures = serializer.serialize_struct("NamedFigures", 13)?;
        figures.serialize_field("kind", self.kind.as_str())?;
        figures.serialize_field("name", self.name.as_str())?;
        figures.serialize_field("success_rate", &success_rate)?;
        figures.serialize_field("watched", &watched.as_secs_f64())?;
        figures.serialize_field("operating", &operating.as_secs_f64())?;
        figures.serialize_field("downtime", &downtime.as_secs_f64())?;
        figures.serialize_field("failures", &failures)?;
        figures.serialize_field("restored", &restored)?;
        figures.serialize_field("reopened", &reopened)?;
        figures.serialize_field("mtbf", &mtbf.map(|time| time.as_secs_f64()))?;
        figures.serialize_field("mttr", &mttr.map(|time| time.as_secs_f64()))?;
        figures.serialize_field("longest", &longest.as_secs_f64())?;
        figures.serialize_field("availability", &availability)?;
        figures.end()
    }
}

/// A time as text.
struct Time(SystemTime);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Rfc3339(self.0))
    }
}
