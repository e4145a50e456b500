//! The phases of a circuit as blocks: the higher, the more calls it refuses.

use std::time::Duration;

use palisade::Phase;

use super::bin::Bin;
use super::chart::{Layer, Shape};
use super::color::{Color, DEGRADED, FAILED, GRID};

/// What the blocks are called.
pub(crate) const LEGEND: [(Color, &str); 3] =
    [(FAILED, "circuit open"), (DEGRADED, "circuit half-open"), (GRID, "circuit closed")];

/// The colour of a block and its height, of 1.
fn block(phase: Phase) -> (Color, f64) {
    match phase {
        Phase::Open | Phase::ForcedOpen => (FAILED, 1.0),
        Phase::HalfOpen => (DEGRADED, 0.6),
        _ => (GRID, 0.2),
    }
}

/// The phase that refused the most calls, of those that the circuit was in.
pub(crate) fn worst(phases: &[(Duration, Phase)], from: Duration, to: Duration) -> Option<Phase> {
    let first = phases.partition_point(|(at, _)| *at <= from).saturating_sub(1);
    let during = phases.iter().skip(first).take_while(|(at, _)| *at < to).map(|(_, phase)| *phase);
    during.max_by(|a, b| block(*a).1.total_cmp(&block(*b).1))
}

/// A block for each run of bins in the same phase.
pub(crate) fn blocks(bins: &[Bin]) -> Vec<Layer> {
    let mut layers: Vec<Layer> = Vec::new();
    for (bin, phase) in bins.iter().filter_map(|bin| bin.phase.map(|phase| (bin, phase))) {
        let (color, height) = block(phase);
        match layers.last_mut() {
            Some(last) if last.color == color => last.points[1].0 = bin.to,
            _ => layers.push(Layer { color, shape: Shape::Area, points: vec![(bin.from, height), (bin.to, height)] }),
        }
    }
    layers
}
