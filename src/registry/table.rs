//! What is made of the table of metrics: the type that documents them, and the functions that read them.

/// A row: the name, the kinds of layers, and the labels beside `name`; then the cells, and what it says.
macro_rules! table {
    ($($metric:ident: $($of:ident)|+ $kind:ident[$($label:ident),*] $cells:expr, $help:literal;)+) => {
        /// All metrics of one name. The table of them:
        ///
        /// | metric | kind | labels beside `name` | |
        /// |---|---|---|---|
        $(
            #[doc = concat!(
                "| `palisade_", stringify!($metric), "` | ", stringify!($kind), " | ",
                $("`", stringify!($label), "` ",)* "| ", $help, " |"
            )]
        )+
        ///
        /// The instances of one kind and name are added up: counts, limits and tokens are sums, and a ratio is one of sums.
        ///
        /// Counters are there, at zero, from `build()`. They never fall: what an instance counted stays when it goes. Gauges are there
        /// for as long as there are instances. If nothing was counted under a name, the name goes with its last instance.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub struct Metric {
            /// Its name, such as `palisade_circuit_calls_total`.
            pub name: &'static str,
            /// What it says, in a sentence.
            pub help: &'static str,
            /// Whether it only grows.
            pub kind: MetricKind,
            /// Its values.
            pub samples: Vec<Sample>,
        }

        /// All metrics of these rows and gauges. Where a value is absent, there may be another in its place.
        pub(super) fn of(rows: &[&'static Row], sums: &Sums, absent: fn(At) -> Option<Reading>) -> Vec<Metric> {
            let samples = |of: &[Kind], labels: &[&'static str], cells: &Cells| {
                let rows = rows.iter().filter(|row| of.contains(&row.kind()));
                let value = |row: &Row, at: At| at.reading(row, sums.get(row)).or_else(|| absent(at));
                rows.flat_map(|row| samples(row, labels, cells, value)).collect()
            };
            vec![$(Metric {
                name: concat!("palisade_", stringify!($metric)),
                help: $help,
                kind: MetricKind::$kind,
                samples: samples(&[$(Kind::$of),+], &[$(stringify!($label)),*], &$cells),
            }),+]
        }

        /// The gauges of a kind that its metrics show as they are.
        pub(crate) fn gauges_of(kind: Kind) -> impl Iterator<Item = &'static str> {
            let metrics = [$((&[$(Kind::$of),+][..], $cells)),+].into_iter().filter(move |(of, _)| of.contains(&kind));
            metrics.flat_map(|(_, cells)| cells).filter_map(|(at, _)| at.gauge())
        }
    };
}

pub(super) use table;
