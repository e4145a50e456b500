//! Prints a row: what was measured, and whether ours keeps to its target.

use std::array;

use crate::rows::{Cost, Row, Scaling};
use crate::{BESIDE, COLUMNS, GOVERNOR, OURS, TOWER};

/// One measured value for each column that has one.
pub type Line = [Option<f64>; BESIDE + 1];

pub fn head() {
    print(["path", "measure", "target", "verdict"], COLUMNS.map(str::to_owned));
    print(["---"; 4], COLUMNS.map(|_| "--:".to_owned()));
}

pub fn times(row: &Row, line: &Line) {
    match row.base {
        None => time(row, [row.name, "ns"], line),
        Some(base) => {
            print([row.name, "ns", "", ""], cells(line, 1));
            time(row, ["", "ns added"], &added(line, base));
        }
    }
}

/// What each costs more than this column.
fn added(line: &Line, base: usize) -> Line {
    line.map(|value| Some(value? - line[base]?))
}

fn time(row: &Row, labels: [&str; 2], line: &Line) {
    let (target, most) = match row.cost {
        Cost::Nanos(most) => (format!("<= {most}"), Some(most)),
        Cost::OfTower(share) => (format!("<= {share} x tower"), line[TOWER].map(|tower| tower * share)),
        Cost::OfGovernor(share) => (format!("<= {share} x governor"), line[GOVERNOR].map(|other| other * share)),
        Cost::OfBeside(share, words) => {
            (format!("<= {share} x {} {words}", cell(line[BESIDE], 1)), line[BESIDE].map(|beside| beside * share))
        }
        Cost::Any => (String::new(), None),
    };
    let keeps = most.zip(line[OURS]).map(|(most, ours)| ours <= most);
    print([labels[0], labels[1], &target, verdict(keeps)], cells(line, 1));
}

pub fn allocations(row: &Row, line: &Line) {
    let line = &row.base.map_or(*line, |base| added(line, base));
    let keeps = line[OURS].map(|ours| ours <= row.allocations);
    let target = format!("<= {}", row.allocations);
    print(["", "allocations", &target, verdict(keeps)], cells(line, 0));
}

pub fn scaling(row: &Row, line: &Line, times: &Line) {
    let (target, least) = match row.scaling {
        Scaling::AtLeast(least) => (format!(">= {least}"), Some(least)),
        Scaling::AsTower => (">= tower".to_owned(), line[TOWER]),
        Scaling::AsGovernor => {
            // The two threads of the one that is faster alone need not scale as well.
            let faster = times[OURS].zip(times[GOVERNOR]).map(|(ours, other)| ours / other);
            ("as many calls as governor".to_owned(), line[GOVERNOR].zip(faster).map(|(ratio, faster)| ratio * faster))
        }
        Scaling::Unasked => (String::new(), None),
    };
    let keeps = least.zip(line[OURS]).map(|(least, ours)| ours >= least);
    print(["", "2 threads over 1", &target, verdict(keeps)], cells(line, 2));
}

fn verdict(keeps: Option<bool>) -> &'static str {
    match keeps {
        Some(true) => "ok",
        Some(false) => "MISSED",
        None => "",
    }
}

fn cells(line: &Line, digits: usize) -> [String; COLUMNS.len()] {
    array::from_fn(|column| cell(line[column], digits))
}

fn cell(value: Option<f64>, digits: usize) -> String {
    match value {
        // A count that is not whole shows its tenths.
        Some(value) if digits == 0 && value.fract() > 0.0 => format!("{value:.1}"),
        Some(value) => format!("{value:.digits$}"),
        None => "-".to_owned(),
    }
}

fn print(labels: [&str; 4], cells: [String; COLUMNS.len()]) {
    let [path, measure, target, verdict] = labels;
    let cells = cells.map(|cell| format!("{cell:>9}")).join(" | ");
    println!("| {path:<47} | {measure:<16} | {target:<28} | {verdict:<7} | {cells} |");
}
