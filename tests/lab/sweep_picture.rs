//! What the picture of a sweep shows.

use crate::sweep::{Figures, Swept, Variant, picture};

/// A setting with a value for each list of results: of each load, which percentage was good. The first value is the default.
fn swept(results: &[&[f64]]) -> Swept {
    let figures = |good: &f64| Figures { load: format!("<{good}>"), good: *good, sent: 100.0, vain: 0.0 };
    let values = results.iter().zip(0_u8..).map(|(results, value)| Variant {
        value: value.into(),
        is_default: value == 0,
        results: results.iter().map(figures).collect(),
    });
    Swept { setting: "retry.max_attempts", values: values.collect() }
}

#[test]
fn a_cell_is_as_much_better_or_worse_as_its_load() {
    let cases = [
        ("much better", 56.0, Some("#0072B2")),
        ("better", 52.0, Some("#56B4E9")),
        ("the same", 50.5, None),
        ("worse", 48.0, Some("#F0E442")),
        ("much worse", 44.0, Some("#D55E00")),
    ];
    for (case, good, color) in cases {
        let svg = picture::svg(&[swept(&[&[50.0], &[good]])]).unwrap();
        // Those of the legend are as high as they are wide.
        let cells = svg.lines().filter(|line| line.contains("width=\"24\" height=\"13\""));
        let colors: Vec<_> = cells.filter_map(|cell| cell.split("fill=\"").nth(1)?.get(..7)).collect();
        assert_eq!(colors, Vec::from_iter(color), "{case}");
    }
}

#[test]
fn nothing_swept_is_a_picture_too() {
    for swept in [vec![], vec![swept(&[])], vec![swept(&[&[], &[]])]] {
        assert!(picture::svg(&swept).unwrap().ends_with("</svg>\n"));
    }
}
