//! What steps a saga has, whatever their context is.

use super::step::Named;
use crate::error::ConfigError;
use crate::name::Name;
use crate::state::saga::Plan;

/// The order and the names of the steps.
#[derive(Clone, Debug, Default)]
pub(super) struct Definition {
    pub(super) plan: Plan,
    /// By the numbers of the steps.
    pub(super) names: Vec<Name>,
}

/// The step is the first one at its place.
const FIRST: u8 = 1;
/// The step is the pivot.
const PIVOT: u8 = 2;

/// The most steps of a saga.
const MOST: usize = 1_000;

impl Definition {
    /// That of these places, if it is legal.
    pub(super) fn of<C>(places: &[Vec<Named<C>>], pivots: &[usize]) -> Result<Self, ConfigError> {
        let mut definition = Self::default();
        for (number, place) in places.iter().enumerate() {
            ConfigError::unless(!place.is_empty(), "in_parallel", "without steps", "given one step or more")?;
            definition.plan.add(place.len());
            if pivots.first() == Some(&number) {
                definition.plan.set_pivot();
            }
        }
        for (name, step) in places.iter().flatten() {
            definition.add(name, step.undo.is_some())?;
        }
        let (steps, pivots) = (definition.plan.steps(), pivots.len());
        ConfigError::unless(
            (1..=MOST).contains(&steps),
            "step",
            format_args!("given {steps} times"),
            "given for 1 to 1,000 steps",
        )?;
        ConfigError::unless(pivots <= 1, "pivot", format_args!("given {pivots} times"), "given once at most")?;
        Ok(definition)
    }

    /// Adds the name of the next step.
    fn add(&mut self, name: &'static str, has_compensation: bool) -> Result<(), ConfigError> {
        let (step, pivot) = (self.names.len(), self.plan.pivot());
        let is_legal = !name.contains('/') && name != "undo" && !self.names.contains(&Name::of(name));
        let legal = "the name of no other step, without `/`, and not `undo`";
        ConfigError::unless(is_legal, "step", format_args!("{name:?}"), legal)?;
        self.names.push(Name::new(name)?);
        match pivot {
            Some(pivot) if step > pivot => ConfigError::unless(
                !has_compensation,
                "step",
                format_args!("{name:?} after the pivot"),
                "before it, or `forward`",
            ),
            pivot => {
                let value = format_args!("{name:?} before the pivot, without a compensation");
                ConfigError::unless(has_compensation || pivot == Some(step), "forward", value, "after the pivot")
            }
        }
    }

    /// What the log holds of it: where each step stands, and its name.
    pub(super) fn steps(&self) -> impl Iterator<Item = (u8, &str)> {
        let is_first = |step| self.plan.places().iter().any(|place| place.start == step);
        self.names.iter().enumerate().map(move |(step, name)| {
            let first = if is_first(step) { FIRST } else { 0 };
            let pivot = if self.plan.pivot() == Some(step) { PIVOT } else { 0 };
            (first | pivot, name.as_str())
        })
    }
}
