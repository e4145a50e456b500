//! What the page of the report shows, and that any numbers can be shown.

use std::path::Path;
use std::time::Duration;

use palisade::Phase;

use crate::marks::marks;
use crate::played::{Played, Second, Totals, mttr};
use crate::policy::Policy;
use crate::report::{Mark, Story, bin, html};
use crate::scenario::Scenario;
use crate::span::Span;
use crate::trace::Trace;
use crate::upstream::{Spell, Trouble};

const STORY: Story<'_> = Story { name: "storm", sentence: "It blows.", marks: &[] };

/// So many seconds of a hundred calls, all good but for what `change` does to some of them.
fn played(policy: &str, seconds: usize, change: impl Fn(usize, &mut Second)) -> Played {
    let calm = Second {
        calls: 100,
        good: 100,
        sent: 100,
        p50: Duration::from_millis(10),
        p99: Duration::from_millis(90),
        ..Second::default()
    };
    let mut seconds = vec![calm; seconds];
    for (nth, second) in seconds.iter_mut().enumerate() {
        change(nth, second);
    }
    Played { policy: policy.to_owned(), totals: Totals::of(&seconds), seconds, phases: Vec::new() }
}

/// From all good to others.
fn lose(second: &mut Second, degraded: u64, failed: u64) {
    *second = Second { good: second.good - degraded - failed, degraded, failed, ..*second };
}

#[track_caller]
fn page(played: &[Played]) -> String {
    html(&STORY, played).expect("plotters writes to memory")
}

#[test]
fn the_winner_has_the_most_good_calls_less_failed_ones() {
    let fails = played("fails", 10, |_, second| lose(second, 0, 10));
    let falls_back = played("falls back", 10, |_, second| lose(second, 11, 0));
    let page = page(&[fails, falls_back]);
    assert!(page.contains("<b>falls back</b> won: 89.0\u{a0}% of 1,000 calls were good (<b>fails</b>: 90.0\u{a0}%)"));
}

#[test]
fn among_equals_the_one_that_sent_fewer_calls_won() {
    let more = played("more", 10, |_, second| second.sent = 300);
    let page = page(&[more, played("fewer", 10, |_, _| {})]);
    assert!(page.contains("<b>fewer</b> won") && page.contains("it sent 1.00 calls to the upstream for each (3.00)"));
}

#[test]
fn policies_that_did_the_same_have_no_winner() {
    let page = page(&["one", "other"].map(|name| played(name, 10, |_, _| {})));
    assert!(page.contains("<b>one</b> and <b>other</b> did equally well") && !page.contains(" won"));
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/lab/scenarios/retry_storm.toml");
    let mut scenario = Scenario::read(&file).unwrap();
    scenario.loads[0].lasts = Span(Duration::from_secs(40)); // the first ten seconds of the outage
    let trace = Trace::Drawn(scenario.loads.clone());
    let page = |seed| page(&scenario.play(&trace, &[Policy::default(), Policy::standard()], seed).unwrap());
    let first = page(1);
    assert!(first == page(1) && first != page(2));
}

#[test]
fn a_spell_is_marked_each_time_it_comes() {
    let s = Duration::from_secs;
    let spell = |from, to: Option<Duration>, every: Option<Duration>| {
        let (from, to, every) = (Span(from), to.map(Span), every.map(Span));
        let marks = marks(&[Spell { from, to, every, share: None, it: Trouble::Hangs }], s(100));
        marks.iter().map(|mark| (mark.from.as_secs(), mark.to.as_secs())).collect::<Vec<_>>()
    };
    let cases = [
        ("once", spell(s(10), Some(s(20)), None), vec![(10, 20)]),
        ("without an end", spell(s(10), None, None), vec![(10, 100)]),
        ("after the end", spell(s(100), Some(s(200)), None), vec![]),
        ("again and again", spell(s(10), Some(s(20)), Some(s(40))), vec![(10, 20), (50, 60), (90, 100)]),
        ("again after all time", spell(s(10), Some(s(20)), Some(Duration::MAX)), vec![(10, 20)]),
        ("many times a second", spell(s(10), Some(s(11)), Some(Duration::from_nanos(1))), vec![(10, 100)]),
    ];
    for (case, marked, expected) in cases {
        assert_eq!(marked, expected, "{case}");
    }
}

#[test]
fn names_are_text_and_never_markup() {
    let name = "<script>&\"'";
    let marks = [Mark { what: name.to_owned(), from: Duration::ZERO, to: Duration::MAX }];
    let story = Story { name, sentence: name, marks: &marks };
    let page = html(&story, &[played(name, 10, |_, _| {}), played("b", 10, |_, _| {})]).unwrap();
    assert!(!page.contains("<script") && page.contains("&lt;script&gt;&amp;&quot;&#39;"));
}

#[test]
fn what_is_not_all_is_not_written_as_all() {
    let nearly = played("nearly", 1000, |nth, second| lose(second, 0, u64::from(nth == 0)));
    let page = page(&[nearly]);
    assert!(page.contains(">\u{a0}99.9\u{a0}% of 100,000 calls were good, <\u{a0}0.1\u{a0}% failed"), "{page}");
}

#[test]
fn all_numbers_of_any_trace_are_finite() {
    let nothing = |_: usize, second: &mut Second| *second = Second::default();
    let cases = [
        ("no policy", vec![]),
        ("no second", vec![played("a", 0, |_, _| {})]),
        ("no call", vec![played("a", 10, nothing), played("b", 0, |_, _| {})]),
        ("one second", vec![played("a", 1, |_, _| {})]),
        ("all failed", vec![played("a", 10, |_, second| lose(second, 0, 100))]),
        ("latency of zero", vec![played("a", 10, |_, second| second.p50 = Duration::ZERO)]),
        ("budget of zero", vec![played("a", 10, |_, second| second.budget = Some(0.0))]),
        (
            "the largest",
            vec![played("a", 10, |_, second| {
                let most = u64::MAX / 100;
                *second = Second { calls: most, good: most, sent: most, busy: u64::MAX, p99: Duration::MAX, ..*second };
            })],
        ),
        ("two days", vec![played("a", 172_800, |_, _| {})]),
    ];
    for (case, played) in cases {
        let page = page(&played);
        assert!(!page.contains("NaN") && !page.contains("inf"), "{case}: {page}");
    }
}

#[test]
fn a_bin_keeps_what_was_worst_in_it() {
    let mut played = played("a", 3600, |nth, second| {
        if nth == 1807 {
            *second = Second {
                calls: 900,
                good: 30,
                sent: 2700,
                busy: 5000,
                p50: Duration::from_secs(1),
                p99: Duration::from_secs(2),
                budget: Some(0.0),
                limit: Some(1),
                ..Second::default()
            };
        } else {
            (second.budget, second.limit) = (Some(100.0), Some(64));
        }
    });
    played.phases = vec![
        (Duration::ZERO, Phase::Closed),
        (Duration::from_millis(1_807_200), Phase::Open),
        (Duration::from_millis(1_807_300), Phase::HalfOpen),
        (Duration::from_millis(1_807_310), Phase::Closed),
    ];
    let bins = bin::bins(&played, bin::width(3600));
    assert_eq!(bins.len(), 240);
    let worst = bins.iter().find(|bin| bin.from <= 1807.0 && 1807.0 < bin.to).unwrap();
    let values = [Some(worst.most_calls), worst.fewest_good, Some(worst.most_sent), Some(worst.most_busy)];
    assert_eq!(values, [900.0, 30.0, 2700.0, 5000.0].map(Some));
    assert_eq!([worst.p50, worst.p99, worst.budget, worst.limit], [1.0, 2.0, 0.0, 1.0].map(Some));
    let open: Vec<_> = bins.iter().filter(|bin| bin.phase != Some(Phase::Closed)).map(|bin| bin.phase).collect();
    assert_eq!(open, [Some(Phase::Open)]);
}

#[test]
fn the_mean_of_a_bin_is_true_to_the_totals() {
    let played = played("a", 3605, |nth, second| lose(second, nth as u64 % 7, nth as u64 % 11));
    let bins = bin::bins(&played, bin::width(3605));
    let total = |of: fn(&bin::Bin) -> f64| bins.iter().map(|bin| of(bin) * (bin.to - bin.from)).sum::<f64>().round();
    let counted = [played.totals.good, played.totals.degraded, played.totals.failed].map(bin::number).map(Some);
    assert_eq!([total(|bin| bin.good), total(|bin| bin.degraded), total(|bin| bin.failed)].map(Some), counted);
}

#[test]
fn pictures_of_a_day_are_as_small_as_those_of_an_hour() {
    let restless = |nth: usize, second: &mut Second| lose(second, nth as u64 % 7, nth as u64 % 11);
    let size = |seconds| page(&["a", "b", "c"].map(|name| played(name, seconds, restless))).len();
    let (hour, day) = (size(3600), size(86_400));
    assert!(day < 2 * hour && hour < 300_000, "{hour} bytes for an hour, {day} for a day");
}

#[test]
fn labels_are_short_whatever_they_stand_for() {
    let cases =
        [(1, 1), (7, 99), (61, 12_345), (599, 1_234_567), (3605, 0), (43_201, 5), (86_401, 500), (200_000, 50_000)];
    for (seconds, calls) in cases {
        let page = page(&[played("a", seconds, |_, second| {
            *second = Second { calls, good: calls, p99: Duration::from_micros(calls), ..*second };
        })]);
        let mut lines = page.lines();
        while let Some(text) = lines.by_ref().find(|line| line.starts_with("<text")).and_then(|_| lines.next()) {
            assert!(text.chars().count() <= 8, "{text}, of {seconds} s with {calls} calls");
        }
    }
}

#[test]
fn many_marks_are_told_and_drawn_as_a_few() {
    let seconds = Duration::from_secs;
    let marks: Vec<_> = (0..3600)
        .step_by(10)
        .map(|from| Mark { what: "down".to_owned(), from: seconds(from), to: seconds(from + 5) })
        .collect();
    let story = Story { marks: &marks, ..STORY };
    let page = html(&story, &[played("a", 3600, |_, _| {})]).unwrap();
    assert!(page.contains("Shaded: down, 30\u{a0}s to 35\u{a0}s. So are 356 later times."));
    assert_eq!(page.matches("\ndown\n").count(), 4, "once in each picture");
}

#[test]
fn only_a_policy_with_a_circuit_has_a_band() {
    let mut with = played("with", 10, |_, _| {});
    with.phases = vec![(Duration::ZERO, Phase::Closed), (Duration::from_secs(3), Phase::Open)];
    let without = played("without", 10, |_, _| {});
    let both = page(&[with, without.clone()]);
    assert_eq!((both.matches("\ncircuit\n").count(), both.matches("\nno circuit\n").count()), (1, 1));
    assert!(!page(&[without]).contains("circuit open<"));
}

#[test]
fn a_recovery_that_has_not_come_is_longer_than_it_took_so_far() {
    let down = |from: usize, to: usize| {
        let mut played = played("a", 10, |nth, second| lose(second, 0, if (from..to).contains(&nth) { 60 } else { 0 }));
        played.totals.mttr = mttr(&played.seconds);
        page(&[played])
    };
    assert!(down(4, 10).contains("<td>&gt; 6.0\u{a0}s") && down(4, 9).contains("<td>5.0\u{a0}s"));
}

#[test]
fn the_style_tells_all_colors_apart() {
    let page = page(&[]);
    let light = page.lines().find(|line| line.starts_with(":root{--")).unwrap();
    let mut values: Vec<_> =
        light.split(';').filter_map(|color| color.split_once('#')).map(|(_, value)| value).collect();
    let all = values.len();
    values.sort_unstable();
    values.dedup();
    assert_eq!((values.len(), all), (10, 10));
}
