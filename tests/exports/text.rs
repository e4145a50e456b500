//! The text that Prometheus scrapes, as a scraper reads it.

use std::collections::BTreeMap;

use super::{Values, series};

/// What a scrape says.
#[derive(Debug, Default)]
pub(crate) struct Scrape {
    /// The types of the metrics.
    pub(crate) types: BTreeMap<String, String>,
    /// Their help.
    pub(crate) helps: BTreeMap<String, String>,
    /// Their samples. What is not a number is left out.
    pub(crate) values: Values,
}

impl Scrape {
    /// Reads a scrape in which each line is legal and none comes twice.
    pub(crate) fn of(text: &str) -> Self {
        let mut scrape = Self::default();
        for line in text.split('\n').filter(|line| !line.is_empty() && *line != "# EOF") {
            match line.strip_prefix("# ").and_then(|comment| comment.split_once(' ')) {
                Some(("HELP", of)) => put(&mut scrape.helps, of),
                Some(("TYPE", of)) => put(&mut scrape.types, of),
                Some(_) => panic!("{line:?}"),
                None => scrape.sample(line),
            }
        }
        scrape
    }

    fn sample(&mut self, line: &str) {
        let end = line.find(['{', ' ']).unwrap();
        let (name, mut rest) = line.split_at(end);
        let mut labels = Vec::new();
        while let Some(label) = rest.strip_prefix(['{', ',']) {
            let (label, value) = label.split_once("=\"").unwrap();
            let (value, after) = quoted(value);
            labels.push((label, value));
            rest = after;
        }
        let value: f64 = rest.trim_start_matches('}').trim().parse().unwrap();
        let labels: Vec<_> = labels.iter().map(|(label, value)| (*label, value.as_str())).collect();
        if !value.is_nan() {
            assert_eq!(self.values.insert(series(name, &labels), value), None, "twice: {line:?}");
        }
    }
}

fn put(texts: &mut BTreeMap<String, String>, of: &str) {
    let (name, text) = of.split_once(' ').unwrap();
    assert_eq!(texts.insert(name.to_owned(), text.to_owned()), None, "twice: {name}");
}

/// The text up to the quote that ends it, unescaped, and what comes after.
fn quoted(text: &str) -> (String, &str) {
    let (mut value, mut chars) = (String::new(), text.char_indices());
    loop {
        match chars.next().unwrap() {
            (end, '"') => return (value, &text[end + 1..]),
            (_, '\\') => value.push(match chars.next().unwrap().1 {
                'n' => '\n',
                escaped @ ('\\' | '"') => escaped,
                other => panic!("an escaped {other:?} in {text:?}"),
            }),
            (_, plain) => value.push(plain),
        }
    }
}
