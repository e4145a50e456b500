//! What a sweep found, for readers and for pictures.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use tower::BoxError;

use super::{Against, Figures, Swept, Variant};

/// A table for each setting: means over all loads, and on how many loads a value is better and worse than the default.
pub(crate) fn text(swept: &[Swept]) -> String {
    let mut text = String::new();
    for setting in swept {
        _ = writeln!(text, "\n{}", setting.setting);
        _ = writeln!(
            text,
            "{:>10} {:>8} {:>8} {:>8} {:>8} {:>8}",
            "value", "good", "sent", "in vain", "better", "worse"
        );
        for value in &setting.values {
            let mean = |figure: fn(&Figures) -> f64| mean(value.results.iter().map(figure));
            let (good, sent, vain) = (mean(|it| it.good), mean(|it| it.sent), mean(|it| it.vain));
            let Against { better, worse } = setting.against_default(value);
            let note = match value {
                Variant { is_default: true, .. } => "the default",
                value if setting.should_be_default(value) => "should be the default",
                _ => "",
            };
            let Variant { value, .. } = value;
            _ = writeln!(text, "{value:>10} {good:>6.1} % {sent:>6.1} % {vain:>6.1} % {better:>8} {worse:>8}  {note}");
        }
    }
    text
}

#[expect(clippy::cast_precision_loss, reason = "loads are few")]
fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len().max(1) as f64;
    values.sum::<f64>() / count
}

/// Writes all figures as CSV.
pub(crate) fn write(swept: &[Swept], to: &Path) -> Result<(), BoxError> {
    let mut csv = "setting,value,default,load,good,sent,vain\n".to_owned();
    for Swept { setting, values } in swept {
        for Variant { value, is_default, results } in values {
            for Figures { load, good, sent, vain } in results {
                _ = writeln!(csv, "\"{setting}\",{value},{is_default},\"{load}\",{good:.3},{sent:.3},{vain:.3}");
            }
        }
    }
    fs::create_dir_all(to.parent().unwrap_or(Path::new("")))?;
    Ok(fs::write(to, csv)?)
}
