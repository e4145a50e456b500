//! The colours. Plotters writes the light ones into the pictures; the style sheet names them, and has a dark one for each.
//!
//! Good, degraded and failed are the sky blue, yellow and vermilion of Okabe and Ito, which colour-blind people can tell apart.

use std::fmt::Write as _;

use plotters::style::RGBColor;

/// What something is, as a colour. No two light ones are the same, because the style sheet finds them by their value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Color {
    pub(crate) name: &'static str,
    light: u32,
    dark: u32,
}

const fn color(name: &'static str, light: u32, dark: u32) -> Color {
    Color { name, light, dark }
}

pub(crate) const GOOD: Color = color("good", 0x56_B4_E9, 0x3A_8F_C8);
pub(crate) const DEGRADED: Color = color("degraded", 0xF0_E4_42, 0xE0_D2_3C);
pub(crate) const FAILED: Color = color("failed", 0xD5_5E_00, 0xE8_6A_1C);
pub(crate) const INK: Color = color("ink", 0x1F_23_28, 0xE6_ED_F3);
pub(crate) const QUIET: Color = color("quiet", 0x57_60_6A, 0x9D_A7_B3);
pub(crate) const GRID: Color = color("grid", 0xD8_DE_E4, 0x30_36_3D);
pub(crate) const SHADE: Color = color("shade", 0xEC_EC_F1, 0x22_27_30);
pub(crate) const LINE: Color = color("line", 0x00_72_B2, 0x6C_B8_F0);
pub(crate) const SECOND: Color = color("second", 0xCC_79_A7, 0xE0_94_C0);
pub(crate) const PAPER: Color = color("paper", 0xFF_FF_FF, 0x0D_11_17);

const ALL: [Color; 10] = [GOOD, DEGRADED, FAILED, INK, QUIET, GRID, SHADE, LINE, SECOND, PAPER];

impl Color {
    pub(crate) fn rgb(self) -> RGBColor {
        let [_, red, green, blue] = self.light.to_be_bytes();
        RGBColor(red, green, blue)
    }
}

/// A variable of the style sheet for each colour, and what turns the colours of a picture into them.
pub(crate) fn style() -> String {
    let mut style = String::new();
    let mut all = |before: &str, rule: fn(&Color) -> String, after: &str| {
        let rules: String = ALL.iter().map(rule).collect();
        _ = writeln!(style, "{before}{rules}{after}");
    };
    all(":root{", |Color { name, light, .. }| format!("--{name}:#{light:06X};"), "}");
    all("@media(prefers-color-scheme:dark){:root{", |Color { name, dark, .. }| format!("--{name}:#{dark:06X};"), "}}");
    all(
        "",
        |Color { name, light, .. }| {
            format!(
                "[fill='#{light:06X}']{{fill:var(--{name})}}[stroke='#{light:06X}']{{stroke:var(--{name})}}\
                 i.{name}{{background:var(--{name})}}\n"
            )
        },
        "",
    );
    style
}
