//! What would a policy have done? Plays calls against a model of a service, through the real layers, in virtual time, and shows what
//! became of them under each policy.
//!
//! `cargo run --release --example lab` plays the scenarios in `scenarios/` and writes a report of each into `target/lab/`; with
//! `-- --check` it also fails unless the policy wins that should. `-- --trace calls.csv --policy mine.toml --policy other.toml` plays the
//! calls of a file. `-- --sweep` varies the defaults of the crate. `-- --help` lists the rest.
//!
//! Read `policies/` for what can be compared, `scenarios/` for what can happen, `play.rs` for how it is played, and `policy/build.rs` for
//! the layers.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

mod asked;
mod call;
mod claim;
mod legal;
mod marks;
mod play;
mod played;
mod policy;
mod ranking;
mod record;
mod report;
mod scenario;
mod span;
mod sweep;
mod trace;
mod upstream;
mod workload;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use tower::BoxError;

use crate::asked::{Asked, USAGE};
use crate::played::Played;
use crate::policy::Policy;
use crate::report::Story;
use crate::scenario::Scenario;
use crate::trace::Trace;
use crate::trace::read::TraceFile;

fn main() -> ExitCode {
    if env::args_os().any(|argument| argument == "--help") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let asked = match Asked::read(env::args_os().skip(1)) {
        Ok(asked) => asked,
        Err(reason) => {
            eprintln!("{reason}\n\n{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    match run(&asked) {
        Ok(broken) => {
            for condition in &broken {
                eprintln!("check failed, must hold: {condition}");
            }
            if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Plays what is asked for, and returns what must hold and does not.
fn run(asked: &Asked) -> Result<Vec<String>, BoxError> {
    let lab = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/lab");
    if asked.sweep {
        return sweep(asked, &lab);
    }
    let mut broken = Vec::new();
    for path in scenarios(asked, &lab)? {
        let scenario = path.as_deref().map_or_else(|| Ok(Scenario::default()), Scenario::read)?;
        let folder = path.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        let trace = trace(asked, &scenario)?;
        let played = scenario.play(&trace, &policies(asked, &scenario, folder)?, asked.seed)?;
        print(&scenario, &played);
        write(&scenario, &trace, &played, &out(asked, path.as_deref()))?;
        if asked.check {
            broken.extend(scenario.broken(&played));
        }
    }
    Ok(broken)
}

/// Varies the defaults over all loads. It breaks nothing.
fn sweep(asked: &Asked, lab: &Path) -> Result<Vec<String>, BoxError> {
    let swept = sweep::sweep(&lab.join("scenarios"), asked.seed)?;
    println!("{}", sweep::table::text(&swept));
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/lab/sweep.csv");
    sweep::table::write(&swept, &data)?;
    fs::write(data.with_extension("svg"), sweep::picture::svg(&swept)?)?;
    Ok(Vec::new())
}

/// The files of scenarios, in the order of their names; none stands for a trace alone.
fn scenarios(asked: &Asked, lab: &Path) -> Result<Vec<Option<PathBuf>>, BoxError> {
    if !asked.wants_all() {
        return Ok(vec![asked.scenario.clone()]);
    }
    let entries = fs::read_dir(lab.join("scenarios"))?.collect::<Result<Vec<_>, _>>()?;
    let mut paths: Vec<_> = entries.into_iter().map(|entry| Some(entry.path())).collect();
    paths.sort();
    Ok(paths)
}

fn trace(asked: &Asked, scenario: &Scenario) -> Result<Trace, BoxError> {
    let Some(path) = &asked.trace else { return Ok(Trace::Drawn(scenario.loads.clone())) };
    let file = TraceFile::open(path, asked.bad_lines)?;
    println!("{}: {file}", path.display());
    Ok(Trace::Read(file.arrivals))
}

fn policies(asked: &Asked, scenario: &Scenario, folder: &Path) -> Result<Vec<Policy>, BoxError> {
    let named = scenario.policies.iter().map(|name| folder.join(name));
    let paths: Vec<_> = if asked.policies.is_empty() { named.collect() } else { asked.policies.clone() };
    if paths.is_empty() { Ok(vec![Policy::standard()]) } else { paths.iter().map(|path| Policy::read(path)).collect() }
}

/// Where the report goes: unless it is said, its name is that of the scenario, or of the trace.
fn out(asked: &Asked, scenario: Option<&Path>) -> PathBuf {
    let named = scenario.or(asked.trace.as_deref()).and_then(Path::file_stem).unwrap_or_default();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/lab");
    asked.out.clone().unwrap_or_else(|| folder.join(named).with_extension("html"))
}

fn write(scenario: &Scenario, trace: &Trace, played: &[Played], out: &Path) -> Result<(), BoxError> {
    let marks = marks::marks(&scenario.upstream.spells, trace.lasts());
    let story = Story { name: &scenario.name, sentence: &scenario.about, marks: &marks };
    let html = report::html(&story, played)?;
    let written = fs::create_dir_all(out.parent().unwrap_or(Path::new(""))).and_then(|()| fs::write(out, html));
    written.map_err(|error| format!("{}: {error}", out.display()))?;
    println!("the report is {}", out.display());
    Ok(())
}

fn print(scenario: &Scenario, played: &[Played]) {
    println!("\n{}: {}", scenario.name, scenario.about);
    println!(
        "{:<20} {:>9} {:>9} {:>9} {:>9} {:>9} {:>7} {:>7}",
        "policy", "calls", "good", "degraded", "failed", "sent", "p50", "p99"
    );
    for Played { policy, totals, .. } in played {
        println!(
            "{policy:<20} {:>9} {:>9} {:>9} {:>9} {:>9} {:>4} ms {:>4} ms",
            totals.calls,
            totals.good,
            totals.degraded,
            totals.failed,
            totals.sent,
            totals.p50.as_millis(),
            totals.p99.as_millis()
        );
    }
}
