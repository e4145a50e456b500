//! Measures what a call costs through palisade's layers, and through those of others, side by side in one run.
//!
//! ```text
//! cargo run --release --manifest-path benches/peers/Cargo.toml [-- [word] [--rounds n]]
//! cargo run --release --manifest-path benches/peers/Cargo.toml -- --balance
//! cargo run --release --manifest-path benches/peers/Cargo.toml --features paused -- --hedge
//! ```
//!
//! With a word, only the rows that contain it. With `--balance`, how many calls a replica gets that is slower than the others. With
//! `--hedge`, what hedges gain and cost where few calls are slow, in virtual time.

mod allocations;
mod balance;
#[cfg(feature = "paused")]
mod hedge;
mod http;
mod inner;
mod measure;
mod ours;
mod peers;
mod rows;
mod scaling;
mod table;
#[cfg(not(feature = "paused"))]
mod hedge {
    /// Says what it needs: a clock that can be paused is slower, so the times of the rows are taken without it.
    pub fn measure() {
        println!("--hedge plays in virtual time: say `--features paused` before it");
    }
}

use std::env;

use tokio::runtime::Runtime;
use tower::service_fn;

use crate::allocations::Counting;
use crate::measure::{Contender, Paced, answered, answered_but_last, contender};
use crate::peers::{by_hand, failsafe, governor, recloser, seatbelt, tower as towers, tower_resilience};
use crate::rows::{First, Health, Path, Row, Scaling, Window};
use crate::table::Line;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const COLUMNS: [&str; 9] =
    ["bare", "ours", "tower", "by hand", "recloser", "failsafe", "seatbelt", "tower-resilience", "governor"];
const BARE: usize = 0;
const OURS: usize = 1;
const TOWER: usize = 2;
const BY_HAND: usize = 3;
const GOVERNOR: usize = 8;
/// No column that is printed: ours, along the path that the row's is compared with.
const BESIDE: usize = COLUMNS.len();

const NOTES: &str = "
Times are the best of all rounds; ratios the median of those in which each thread had a core, none where that was rare.
bare: the inner service, alone. tower, five layers: four, without breaker and fallback, but with load shedding.
by hand, five layers: its breaker counts failures in a row. seatbelt, five layers: four, without bulkhead.
http, retry and five layers: by hand, the head is copied and nothing else; tower's policy copies the request; tower's four:
timeout, retry, concurrency limit, timeout, all of the head alone. A frame: of a body that is always ready.
hedge: tower's is given latencies to begin with, else it counts none for 30 s; by hand, the call beside a timer, without budget.
chaos, off: tower-resilience draws by chance at a rate of nothing.
governor: in a layer of ours, by the same clock, and without saying when a call would pass.
replicas: all are well, and calls go to the least loaded of two.
tower-resilience, time window: it keeps each call of the window, so it slows with the rate; five layers: a count window.";

fn main() {
    match env::args().nth(1).as_deref() {
        Some("--balance") => return balance::measure(),
        Some("--hedge") => return hedge::measure(),
        _ => {}
    }
    let Options { word, rounds } = Options::read();
    let runtime = measure::runtime();
    table::head();
    for row in rows::all().iter().filter(|row| row.name.contains(&word)) {
        measure_row(row, &runtime, rounds);
    }
    println!("{NOTES}");
}

struct Options {
    word: String,
    rounds: usize,
}

impl Options {
    fn read() -> Self {
        let mut options = Self { word: String::new(), rounds: 200 };
        let mut words = env::args().skip(1);
        while let Some(word) = words.next() {
            if word == "--rounds" {
                let rounds = words.next().and_then(|rounds| rounds.parse().ok());
                options.rounds = rounds.filter(|rounds| *rounds > 0).expect("--rounds takes a number above zero");
            } else {
                options.word = word;
            }
        }
        options
    }
}

/// Those who run in one row, each with its column.
struct Field {
    columns: Vec<usize>,
    contenders: Vec<Paced>,
}

impl Field {
    fn of(path: Path, runtime: &Runtime) -> Self {
        // Some contenders are set up by calls, and clocks by spawning.
        let _current = runtime.enter();
        let entered = contenders(path).into_iter().enumerate();
        let (columns, contenders) =
            entered.filter_map(|(column, contender)| Some((column, Paced::new(contender?, runtime)))).unzip();
        Self { columns, contenders }
    }

    fn line(&self, values: impl IntoIterator<Item = impl Into<Option<f64>>>) -> Line {
        let mut line = Line::default();
        for (column, value) in self.columns.iter().zip(values) {
            line[*column] = value.into();
        }
        line
    }
}

fn contenders(path: Path) -> [Option<Contender>; BESIDE + 1] {
    [
        bare(path),
        Some(ours::contend(path)),
        towers::contend(path),
        by_hand::contend(path),
        recloser::contend(path),
        failsafe::contend(path),
        seatbelt::contend(path),
        tower_resilience::contend(path),
        governor::contend(path),
        beside(path).map(ours::contend),
    ]
}

/// The inner service, where its calls end as those of the path do.
fn bare(path: Path) -> Option<Contender> {
    Some(match path {
        Path::Closed(_, Health::OneInHundred) => contender(service_fn(inner::one_in_hundred), answered_but_last),
        Path::PendingOnce | Path::Hedged(_, First::PendingOnce) => contender(service_fn(inner::pending_once), answered),
        Path::Http(_, ask) => http::calls(service_fn(http::echo), ask),
        Path::Frame(_) => http::frames(service_fn(http::endless)),
        Path::Open | Path::Full | Path::OverRate | Path::OneFailure(..) | Path::Taken => return None,
        _ => contender(service_fn(inner::answer), answered),
    })
}

/// The path of ours that this one is compared with.
fn beside(path: Path) -> Option<Path> {
    match path {
        Path::Throttled => Some(Path::Closed(Window::Time, Health::Well)),
        Path::Closed(window, Health::OneInHundred) => Some(Path::Closed(window, Health::Well)),
        _ => None,
    }
}

fn measure_row(row: &Row, runtime: &Runtime, rounds: usize) {
    let mut field = Field::of(row.path, runtime);
    let times = measure::nanos(&mut field.contenders, runtime, rounds);
    table::times(row, &field.line(times.iter().copied()));
    let allocations: Vec<_> = field.contenders.iter_mut().map(|contender| contender.allocations(runtime)).collect();
    table::allocations(row, &field.line(allocations));
    if !matches!(row.scaling, Scaling::Unasked) {
        let ratios = field.line(scaling::ratios(&field.contenders, rounds.div_ceil(10)));
        table::scaling(row, &ratios, &field.line(times));
    }
}
