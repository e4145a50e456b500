//! How instances are serialized.

use serde::ser::{Serialize, SerializeMap, SerializeStruct, Serializer};

use super::instance::Instance;
use crate::setting::{Setting, Value};

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
