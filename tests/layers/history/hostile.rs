//! Texts from elsewhere that mean harm.

use palisade::{Policy, Replicas};

use super::*;
use crate::support::inner::Inner;

const HOSTILE: [&str; 9] = [
    "a | b |",
    "a\n\n# Heading\n| x | y |",
    "`code` ```",
    "<script>alert(1)</script>",
    "[click](https://evil.example) ![x](y)",
    "www.evil.example ann@evil.example",
    "\\| **bold** ~~gone~~ &lt; $x$",
    "\u{0}\u{1b}[2J\u{202e}",
    "-->\r\n***",
];

/// Whether a text has no character that Markdown, its tables, its links or HTML would act on: each stands behind a backslash.
fn is_plain(cell: &str) -> bool {
    if cell.replace("\\:", "").contains("://") {
        return false;
    }
    let mut before = [' '; 4];
    let mut is_escaped = false;
    for c in cell.chars() {
        let acts = "|`<>[]*_~&$@#!\"{}".contains(c) || before == ['w', 'w', 'w', '.'];
        if c.is_control() || acts && !is_escaped {
            return false;
        }
        is_escaped = c == '\\' && !is_escaped;
        before = [before[1], before[2], before[3], c];
    }
    true
}

/// The cells of all rows of the tables, split where a bar does not stand behind a backslash.
fn cells(markdown: &str) -> Vec<Vec<String>> {
    let rows = markdown.lines().filter(|line| line.starts_with("| "));
    rows.map(|row| {
        let (mut cells, mut is_escaped) = (vec![String::new()], false);
        for c in row.trim_matches('|').chars() {
            match c {
                '|' if !is_escaped => cells.push(String::new()),
                c => cells.last_mut().expect("there is one").push(c),
            }
            is_escaped = c == '\\' && !is_escaped;
        }
        cells
    })
    .collect()
}

fn is_harmless(timeline: &Timeline) {
    let text = timeline.to_string();
    assert_eq!(text.lines().filter(|line| line.starts_with('#')).count(), 3, "{text}");
    for row in cells(&text) {
        assert!(matches!(row.len(), 3 | 7), "{row:?}");
        assert!(row.iter().all(|cell| is_plain(cell)), "{row:?}");
    }
}

#[test]
fn a_hostile_name_does_not_break_the_tables() {
    for hostile in HOSTILE {
        let registry = Registry::new();
        let circuit = touchy(&registry).name(name(hostile)).build().unwrap().handle();
        fail(&circuit);
        circuit.reset();
        let timeline = all(&registry);
        is_harmless(&timeline);
        assert_eq!(timeline.happenings[0].name.as_str(), hostile);
    }
}

#[test]
fn a_hostile_key_does_not_break_the_tables() {
    for hostile in HOSTILE {
        let registry = Registry::new();
        let layer = touchy(&registry).per_key(|key: &&'static str| *key).show_keys().build().unwrap();
        layer.layer(down()).oneshot(hostile).now_or_never().unwrap().unwrap_err();
        is_harmless(&all(&registry));
    }
}

#[test]
fn a_hostile_replica_or_hand_does_not_break_the_tables() {
    for hostile in HOSTILE {
        let registry = Registry::new();
        let builder = Replicas::builder("orders").add(hostile, Inner::default()).add("b", Inner::default());
        let service = builder.policy(Policy::FailOver).registry(&registry).build().unwrap();
        let target = Target::new(Kind::Replicas, "orders").key(hostile);
        assert_eq!(registry.steer(&target, &Action::Eject, hostile), Ok(1));
        let timeline = all(&registry);
        is_harmless(&timeline);
        let lines = timeline.happenings.iter().map(|happening| happening.what.to_string());
        assert!(lines.into_iter().all(|line| !line.contains(char::is_control)));
        drop(service);
    }
}
