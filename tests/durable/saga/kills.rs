//! A child runs sagas, and is killed where it stands still: before or after one of the writes of the log or of the bank.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::thread;
use std::time::Duration;

use futures_util::future::join_all;
use palisade::event::{Kind, Source};
use palisade::saga::StepKey;
use palisade::store::{Json, RedbStore, Store};
use palisade::test_util::Seed;
use palisade::{Backoff, Error, Name, Registry, Saga, SagaError, SagaState};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

use super::bank::{Bank, Entry, Move};
use super::killing::{Killing, STANDS};
use crate::child::{self, Child};
use crate::folder::Folder;

/// Files that are written by one child after the other, how many of them at once, and kills for each file.
const FILES: u64 = 20;
const AT_ONCE: u64 = 10;
const KILLS: u32 = 10;
/// The sagas that each child begins, at the same time.
const SAGAS: u32 = 8;
/// The points before and after the writes of these sagas.
const POINTS: usize = 160;

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Order {
    number: u32,
    done: Vec<String>,
}

/// What becomes of an order, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Succeeds,
    /// There is no stock.
    IsNotReserved,
    /// The charge is made, and its answer is lost.
    LosesTheCharge,
    /// The insurance is made, and its answer is lost.
    LosesTheInsurance,
    /// The pivot is rejected.
    IsNotShipped,
    /// The shop is paid at the second try.
    IsPaidLate,
    /// The pivot is rejected, and what is reserved cannot be released.
    IsStuck,
}

impl Fate {
    fn of(number: u32) -> Self {
        let all = [
            Self::Succeeds,
            Self::IsNotReserved,
            Self::LosesTheCharge,
            Self::Succeeds,
            Self::LosesTheInsurance,
            Self::IsNotShipped,
            Self::IsPaidLate,
            Self::IsStuck,
        ];
        all[number as usize % all.len()]
    }
}

/// The steps, and what each moves. What the shop gets is what the customer has paid.
const STEPS: [(&str, Move); 5] = [
    ("charge", Move { from: "customer", to: "escrow", amount: 30 }),
    ("reserve", Move { from: "stock", to: "reserved", amount: 1 }),
    ("insure", Move { from: "customer", to: "shop", amount: 2 }),
    ("ship", Move { from: "reserved", to: "shipped", amount: 1 }),
    ("pay", Move { from: "escrow", to: "shop", amount: 30 }),
];

fn failure(why: &str) -> Error {
    Error::Service(why.into())
}

fn rejection() -> Error {
    Source::new(Kind::Custom, Name::new("ship").unwrap()).reject(None).into()
}

async fn step(bank: &Bank, (name, of): (&str, Move), mut order: Order, key: StepKey) -> Result<Order, Error> {
    let fate = Fate::of(order.number);
    match (name, fate) {
        ("reserve", Fate::IsNotReserved) => return Err(failure("no stock")),
        ("ship", Fate::IsNotShipped | Fate::IsStuck) => return Err(rejection()),
        ("pay", Fate::IsPaidLate) if bank.is_first(key.as_str()).await => return Err(failure("closed")),
        _ => bank.make(key.as_str(), of).await?,
    }
    match (name, fate) {
        ("charge", Fate::LosesTheCharge) | ("insure", Fate::LosesTheInsurance) => Err(failure("the answer is lost")),
        _ => {
            order.done.push(name.to_owned());
            Ok(order)
        }
    }
}

async fn undo(bank: &Bank, (name, of): (&str, Move), order: Order, key: StepKey) -> Result<(), Error> {
    if (name, Fate::of(order.number)) == ("reserve", Fate::IsStuck) {
        return Err(failure("it is nailed down"));
    }
    let step = key.as_str().strip_suffix("/undo").unwrap();
    bank.undo(step, of).await
}

/// The saga over this store. A compensation is tried once.
fn orders(store: &Arc<dyn Store>, compensates: bool) -> Saga<Order> {
    let bank = Bank::new(store);
    let does = |number: usize| {
        let bank = bank.clone();
        move |order, key| {
            let bank = bank.clone();
            async move { step(&bank, STEPS[number], order, key).await }
        }
    };
    let undoes = |number: usize| {
        let bank = bank.clone();
        move |order, key| {
            let bank = bank.clone();
            async move { undo(&bank, STEPS[number], order, key).await }
        }
    };
    let merge = |mut order: Order, more: Order| {
        order.done.extend(more.done.into_iter().skip(1));
        order
    };
    let saga = Saga::builder("order", Arc::clone(store), Json)
        .step(STEPS[0].0, does(0), undoes(0))
        .in_parallel(merge, |both| both.step(STEPS[1].0, does(1), undoes(1)).step(STEPS[2].0, does(2), undoes(2)))
        .pivot(STEPS[3].0, does(3))
        .forward(STEPS[4].0, does(4))
        .registry(&Registry::new())
        .backoff(Backoff::none())
        .give_up_after(Duration::ZERO);
    if compensates { saga.compensate_unknown() } else { saga }.build().unwrap()
}

async fn run(orders: &Saga<Order>, number: u32) -> Result<Order, SagaError> {
    orders.run(format!("order-{number}"), Order { number, done: Vec::new() }).await
}

/// How a saga has ended, in a word.
fn word(end: &Result<Order, SagaError>) -> &'static str {
    match end {
        Ok(_) => "done",
        Err(SagaError::Failed { uncompensated, .. }) if uncompensated.is_empty() => "undone",
        Err(SagaError::Failed { .. }) => "stuck",
        Err(other) => panic!("{other}"),
    }
}

/// What the parent wants of a child: the point at which it stands still, the number of its first saga, and the setting.
fn wanted(folder: &Path) -> (usize, u32, bool) {
    let wanted = fs::read_to_string(folder.join("wanted")).unwrap();
    let words: Vec<_> = wanted.split(' ').collect();
    (words[0].parse().unwrap(), words[1].parse().unwrap(), words[2] == "true")
}

#[tokio::test]
#[ignore = "a role: `Child` runs it"]
async fn run_sagas_until_killed() {
    let Some(folder) = child::subject() else { return };
    let (at, first, compensates) = wanted(&folder);
    let inner = RedbStore::open(folder.join("log.redb")).await.unwrap();
    let store: Arc<dyn Store> = Arc::new(Killing { inner, at, points: AtomicUsize::new(0) });
    let orders = orders(&store, compensates);
    let runs = (first..first + SAGAS).map(|number| {
        let orders = &orders;
        async move { child::tell(format!("{number} {}", word(&run(orders, number).await))) }
    });
    let (resumed, _) = futures_util::join!(orders.resume(), join_all(runs));
    resumed.unwrap();
    child::tell("over");
}

/// Kills children that work on one file, one after the other. Returns what they told of ends.
fn kill_again_and_again(folder: &Path, compensates: bool, draw: &mut SmallRng) -> (BTreeMap<u32, String>, u32) {
    let (mut ends, mut stood) = (BTreeMap::new(), 0);
    for kill in 0..KILLS {
        let at = draw.random_range(0..POINTS);
        fs::write(folder.join("wanted"), format!("{at} {} {compensates}", kill * SAGAS)).unwrap();
        let mut child = Child::run("saga::kills::run_sagas_until_killed", folder);
        loop {
            let line = child.hear().unwrap();
            if line == STANDS || line == "over" {
                stood += u32::from(line == STANDS);
                break;
            }
            let (number, end) = line.split_once(' ').unwrap();
            ends.insert(number.parse().unwrap(), end.to_owned());
        }
        drop(child.kill_after(0, Duration::ZERO));
    }
    (ends, stood)
}

/// Ends all sagas in a file, and looks at what is left of them.
async fn look(folder: &Path, compensates: bool, told: &BTreeMap<u32, String>) {
    let store: Arc<dyn Store> = Arc::new(RedbStore::open(folder.join("log.redb")).await.unwrap());
    let (orders, bank) = (orders(&store, compensates), Bank::new(&store));
    orders.resume().await.unwrap();
    let (mut done, mut stuck) = (Vec::new(), 0);
    for number in 0..KILLS * SAGAS {
        let end = run(&orders, number).await;
        let (word, case) = (word(&end), format!("order {number}, {:?}: {end:?}", Fate::of(number)));
        assert!(told.get(&number).is_none_or(|told| told == word), "{case}, and {:?} was told", told.get(&number));
        let left = match &end {
            Err(SagaError::Failed { uncompensated, .. }) => uncompensated.join(" "),
            _ => String::new(),
        };
        let expected = match Fate::of(number) {
            // A step whose end is unknown makes any saga go back.
            Fate::Succeeds | Fate::IsPaidLate if compensates && word == "undone" => "undone",
            Fate::Succeeds | Fate::IsPaidLate => "done",
            // Nobody knows of a pivot that was begun before whether it was done then.
            Fate::IsNotShipped if left == "ship" => "stuck",
            // It may go back before anything was reserved, which is then never nailed down.
            Fate::IsStuck if compensates && word == "undone" => "undone",
            Fate::IsStuck => "stuck",
            _ => "undone",
        };
        assert_eq!(word, expected, "{case}");
        stuck += usize::from(word == "stuck");
        let mut made = Vec::new();
        for (name, of) in STEPS {
            if bank.entry(&format!("order-{number}/{name}")).await == Some(Entry::Done) {
                made.push(name.to_owned());
                done.push(of);
            }
        }
        match end {
            Ok(_) => assert_eq!(made.len(), STEPS.len(), "{case}: {made:?}"),
            Err(SagaError::Failed { uncompensated, .. }) => {
                assert!(made.iter().all(|name| uncompensated.contains(name)), "{case}: {made:?}");
            }
            Err(_) => {}
        }
    }
    bank.add_up(&done).await;
    let listed = orders.handle().sagas();
    assert!(listed.iter().all(|saga| saga.state == SagaState::Stuck), "{listed:?}");
    assert_eq!(listed.len(), stuck, "all that are stuck are listed");
}

#[test]
fn killed_between_any_two_writes_no_money_is_made_or_lost() {
    let (parent, seed) = (Folder::of("sagas"), Seed::new());
    let stood = thread::scope(|scope| {
        let chains = (0..AT_ONCE).map(|place| {
            let (parent, seed) = (&parent, &seed);
            scope.spawn(move || {
                let mut all = 0;
                for file in (0..FILES).filter(|file| file % AT_ONCE == place) {
                    let (folder, compensates) = (parent.file(&file.to_string()), file % 2 == 1);
                    fs::create_dir(&folder).unwrap();
                    let mut draw = SmallRng::seed_from_u64(seed.part(file).next_u64());
                    let (told, stood) = kill_again_and_again(&folder, compensates, &mut draw);
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
                    runtime.block_on(look(&folder, compensates, &told));
                    all += stood;
                }
                all
            })
        });
        let chains: Vec<_> = chains.collect();
        chains.into_iter().map(|chain| chain.join().unwrap()).sum::<u32>()
    });
    let kills = u32::try_from(FILES).unwrap() * KILLS;
    assert!(stood > kills / 2, "of {kills} children only {stood} came to the point where they were to die");
}
