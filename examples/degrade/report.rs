//! The report: what clients got, a line for each shop and act, and what does not hold though it should.

use std::fmt;
use std::time::Duration;

use palisade::Registry;
use palisade::registry::Reading;

use crate::Act;
use crate::clients::{Ended, Got};
use crate::shop::PAGES;

/// The mode that is in force now, and the signal that decided; `None` by hand.
pub(crate) type Change = (&'static str, Option<&'static str>);

/// The pages that the shop lives on, by their places in [`PAGES`].
const BUYING: &[usize] = &[0, 1];
const SEARCH: &[usize] = &[2];
const RECOMMENDATIONS: &[usize] = &[3];
const REVIEWS: &[usize] = &[4];
const FEATURES: &[usize] = &[2, 3, 4];

/// What the clients of a shop got in an act.
#[derive(Debug)]
pub(crate) struct Row {
    shop: &'static str,
    act: Act,
    /// For each of [`PAGES`]: how many got what, as [`Got`] has it.
    got: [[u32; 4]; PAGES.len()],
    /// Half of those who browsed or bought waited no longer.
    median: Duration,
}

impl Row {
    pub(crate) fn of(shop: &'static str, act: Act, log: &[Ended]) -> Self {
        let (mut got, mut times) = ([[0; 4]; PAGES.len()], Vec::new());
        for call in log.iter().filter(|call| call.act == act) {
            got[call.page][call.got as usize] += 1;
            if BUYING.contains(&call.page) {
                times.push(call.took);
            }
        }
        times.sort_unstable();
        Self { shop, act, got, median: times.get(times.len() / 2).copied().unwrap_or_default() }
    }

    /// The share of those who asked for these pages that got this.
    fn share(&self, pages: &[usize], got: Got) -> f64 {
        let asked: u32 = pages.iter().map(|&page| self.got[page].iter().sum::<u32>()).sum();
        let had: u32 = pages.iter().map(|&page| self.got[page][got as usize]).sum();
        f64::from(had) / f64::from(asked.max(1))
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<7} {:<11}", self.shop, format!("{:?}", self.act))?;
        for &page in BUYING {
            write!(f, " {}={:.1}%", PAGES[page], 100.0 * self.share(&[page], Got::Page))?;
        }
        write!(f, " median_ms={}", self.median.as_millis())?;
        for &page in FEATURES {
            let [itself, first, second, nothing] = self.got[page];
            write!(f, " {}={itself}/{first}/{second}/{nothing}", PAGES[page])?;
        }
        Ok(())
    }
}

/// How the fallbacks of the reviews ended when they were rehearsed, in both shops together.
pub(crate) fn rehearsed() -> Vec<(&'static str, u64)> {
    let metrics = Registry::global().metrics();
    let of_fallbacks = metrics.iter().filter(|metric| metric.name == "palisade_fallback_rehearsed_total");
    let samples = of_fallbacks.flat_map(|metric| &metric.samples);
    samples
        .filter_map(|sample| match (&*sample.labels, &sample.value) {
            ([("name", "reviews"), ("result", end)], Reading::Count(count)) => Some((*end, *count)),
            _ => None,
        })
        .collect()
}

/// What must hold and does not. There is room for the calls that are on their way when something changes.
pub(crate) fn broken(
    modes: &[Row],
    without: &[Row],
    changes: &[Change],
    rehearsed: &[(&str, u64)],
) -> Vec<&'static str> {
    let most = |act, pages, got| modes[act as usize].share(pages, got) > 0.6;
    let itself = |act, pages| modes[act as usize].share(pages, Got::Page) > 0.8;
    let expected = [
        ("degraded", Some("search")),
        ("emergency", Some("core")),
        ("degraded", Some("core")),
        ("normal", Some("search")),
        ("emergency", None),
        ("normal", None),
    ];
    let sale = Act::Sale as usize;
    let conditions = [
        ("browsing and checkout are good in every act", modes.iter().all(|row| row.share(BUYING, Got::Page) > 0.99)),
        ("features always answer", modes.iter().all(|row| row.share(FEATURES, Got::Nothing) < 0.01)),
        ("the modes change by their signals, and then by hand", changes == expected),
        ("all is well, and well again", itself(Act::Well, FEATURES) && itself(Act::WellAgain, FEATURES)),
        ("the core searches while the search hangs", most(Act::SearchHangs, SEARCH, Got::First)),
        ("and recommendations are off", most(Act::SearchHangs, RECOMMENDATIONS, Got::First)),
        ("and reviews are on", itself(Act::SearchHangs, REVIEWS)),
        ("in the sale nobody searches", most(Act::Sale, SEARCH, Got::Second)),
        ("and reviews are off", most(Act::Sale, REVIEWS, Got::First)),
        ("by hand, reviews are off", most(Act::ByHand, REVIEWS, Got::First)),
        ("in the drill, reviews are off", most(Act::Drill, REVIEWS, Got::First)),
        ("and the search is on", itself(Act::Drill, SEARCH)),
        (
            "rehearsed, the reviews' fallback always answers",
            matches!(*rehearsed, [("answered", 1..), ("failed", 0), ("unfinished", 0)]),
        ),
        ("without modes, the sale loses one buyer in five", without[sale].share(BUYING, Got::Page) < 0.8),
        ("and lets them wait twice as long", without[sale].median > 2 * modes[sale].median),
    ];
    conditions.into_iter().filter(|(_, holds)| !holds).map(|(condition, _)| condition).collect()
}
