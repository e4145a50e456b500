//! A picture of one policy, drawn by plotters. Its units are half pixels, because plotters rounds to whole ones.

use std::io;
use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::ranged1d::Ranged as _;
use plotters::prelude::{
    AreaSeries, Cartesian2d, ChartBuilder, ChartContext, Color as _, DrawingArea, DrawingAreaErrorKind,
    IntoDrawingArea as _, IntoFont as _, LineSeries, PathElement, Rectangle, SVGBackend, TRANSPARENT, TextStyle,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::Mark;
use super::axis::{Axis, pixels};
use super::color::{Color, GRID, INK, QUIET, SHADE};

pub(crate) type Error = DrawingAreaErrorKind<io::Error>;
pub(crate) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Axis, Axis>>;

/// Points that belong together.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    pub(crate) color: Color,
    pub(crate) shape: Shape,
    pub(crate) points: Vec<(f64, f64)>,
}

impl Layer {
    /// Where its last point is.
    pub(crate) fn end(&self) -> Option<f64> {
        self.points.last().map(|(at, _)| *at)
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// Down to the foot of the picture.
    Area,
    /// So thick.
    Line(u32),
}

/// What the pictures of a row share.
#[derive(Clone, Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) width: u32,
    pub(crate) time: &'a Axis,
    pub(crate) amounts: &'a Axis,
    pub(crate) marks: &'a [Mark],
}

/// The room for the labels of amounts. It is the same in all pictures, so that the times of a column stand one below the other.
const LEFT: u32 = 100;
const RIGHT: u32 = 40;
const TEXT: u32 = 24;
/// The room for the names of marks, and that for the labels of times.
const TOP: u32 = TEXT + 12;
const FOOT: u32 = 42;

impl Frame<'_> {
    /// With axes and the names of marks.
    pub(crate) fn picture(&self, layers: Vec<Layer>) -> Result<String, Error> {
        self.svg(320, |area| {
            self.name_marks(area)?;
            let mut builder = ChartBuilder::on(area);
            builder.margin_top(TOP).margin_right(RIGHT).y_label_area_size(LEFT).x_label_area_size(FOOT);
            let mut chart = builder.build_cartesian_2d(self.time.clone(), self.amounts.clone())?;
            let Range { start: foot, end: top } = self.amounts.range();
            let marks = || self.marks.iter().map(|mark| (mark.from.as_secs_f64(), mark.to.as_secs_f64()));
            let shade = |(from, to)| Rectangle::new([(from, foot), (to, top)], SHADE.rgb().filled());
            chart.draw_series(marks().map(shade))?;
            chart
                .configure_mesh()
                .disable_x_mesh()
                .light_line_style(TRANSPARENT)
                .bold_line_style(GRID.rgb())
                .axis_style(QUIET.rgb())
                .label_style(text(QUIET))
                .draw()?;
            draw(&mut chart, layers)?;
            // An area may hide all of a shade but this.
            let edge = |(from, to)| PathElement::new([(from, top), (to, top)], INK.rgb().stroke_width(4));
            chart.draw_series(marks().map(edge))?;
            Ok(())
        })
    }

    /// The phases of a circuit, as wide as a picture and as high as a line.
    pub(crate) fn circuit(&self, layers: Vec<Layer>) -> Result<String, Error> {
        self.svg(TEXT + 12, |area| {
            let (name, at, side) =
                if layers.is_empty() { ("no circuit", LEFT, HPos::Left) } else { ("circuit", LEFT - 12, HPos::Right) };
            let place = (pixels(f64::from(at)), pixels(f64::from(TEXT / 2)));
            area.draw_text(name, &text(QUIET).pos(Pos::new(side, VPos::Center)), place)?;
            let mut builder = ChartBuilder::on(area);
            builder.margin_bottom(12).margin_left(LEFT).margin_right(RIGHT);
            let mut chart = builder.build_cartesian_2d(self.time.clone(), self.amounts.clone())?;
            draw(&mut chart, layers)
        })
    }

    fn svg(&self, height: u32, draw: impl FnOnce(&Area<'_>) -> Result<(), Error>) -> Result<String, Error> {
        let mut svg = String::new();
        let area = SVGBackend::with_string(&mut svg, (self.width, height)).into_drawing_area();
        draw(&area)?;
        area.present()?;
        drop(area);
        Ok(svg)
    }

    /// Each above its beginning, unless the name before it needs the room.
    fn name_marks(&self, area: &Area<'_>) -> Result<(), Error> {
        let room = f64::from(self.width - LEFT - RIGHT);
        let mut free = 0.0;
        for mark in self.marks {
            let width = mark.what.chars().map(|_| f64::from(TEXT) * 0.55).sum::<f64>();
            let from = (self.time.share(mark.from.as_secs_f64()) * room).min(room - width);
            if from >= free {
                free = from + width + f64::from(TEXT);
                let place = (pixels(f64::from(LEFT) + from), pixels(f64::from(TEXT)));
                area.draw_text(&mark.what, &text(INK).pos(Pos::new(HPos::Left, VPos::Bottom)), place)?;
            }
        }
        Ok(())
    }
}

fn draw(chart: &mut Chart<'_, '_>, layers: Vec<Layer>) -> Result<(), Error> {
    let foot = chart.y_range().start;
    for Layer { color, shape, points } in layers {
        match shape {
            Shape::Area => chart.draw_series(AreaSeries::new(points, foot, color.rgb()))?,
            Shape::Line(width) => chart.draw_series(LineSeries::new(points, color.rgb().stroke_width(width)))?,
        };
    }
    Ok(())
}

/// Plotters divides the size of a font by 1.24 when it writes it.
fn text(color: Color) -> TextStyle<'static> {
    ("sans-serif", f64::from(TEXT) * 1.24).into_font().color(&color.rgb())
}
