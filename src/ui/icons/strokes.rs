//! How each icon is drawn: strokes and small fills on a grid of 16 units, of one width at every size.

use egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, Vec2, pos2, vec2};

use super::Icon;
use crate::ui::theme::Theme;

/// Draws an icon into `rect`.
pub fn paint_icon(painter: &Painter, icon: Icon, rect: Rect, colour: Color32) {
    let pen = Pen::new(painter, rect, colour);
    match icon {
        Icon::Play | Icon::Pause | Icon::StepBack | Icon::Step | Icon::First | Icon::Last | Icon::Skip => {
            pen.transport(icon);
        }
        Icon::Undo | Icon::Redo | Icon::Search | Icon::Eye | Icon::EyeOff | Icon::Link => pen.tool(icon),
        Icon::Expand
        | Icon::Shrink
        | Icon::Close
        | Icon::Plus
        | Icon::ChevronDown
        | Icon::ChevronRight
        | Icon::ChevronLeft => {
            pen.window(icon);
        }
        Icon::Folder | Icon::Gear | Icon::Question | Icon::Info | Icon::Rerun | Icon::Pencil => pen.thing(icon),
        Icon::Swap
        | Icon::Jump
        | Icon::Bone
        | Icon::SideFlipped
        | Icon::TwoViews
        | Icon::FreeDot
        | Icon::WantedTwice => pen.reason(icon),
        _ => pen.state(icon),
    }
}

/// Strokes on a grid of 16 × 16 units that lies over the icon's square.
struct Pen<'a> {
    painter: &'a Painter,
    origin: Pos2,
    unit: f32,
    stroke: Stroke,
}

impl<'a> Pen<'a> {
    fn new(painter: &'a Painter, rect: Rect, colour: Color32) -> Self {
        let unit = rect.width().min(rect.height()) / 16.0;
        // Small icons keep a stroke that can be seen.
        let width = Theme::get().stroke.icon * unit.clamp(0.85, 4.0);
        let origin = rect.center() - Vec2::splat(8.0 * unit);
        Self { painter, origin, unit, stroke: Stroke::new(width, colour) }
    }

    fn at(&self, x: f32, y: f32) -> Pos2 {
        self.origin + vec2(x, y) * self.unit
    }

    fn points(&self, points: &[[f32; 2]]) -> Vec<Pos2> {
        points.iter().map(|[x, y]| self.at(*x, *y)).collect()
    }

    fn line(&self, points: &[[f32; 2]]) {
        self.painter.add(Shape::line(self.points(points), self.stroke));
    }

    fn bold_line(&self, points: &[[f32; 2]]) {
        let stroke = Stroke::new(self.stroke.width * 1.5, self.stroke.color);
        self.painter.add(Shape::line(self.points(points), stroke));
    }

    fn outline(&self, points: &[[f32; 2]]) {
        self.painter.add(Shape::closed_line(self.points(points), self.stroke));
    }

    fn fill(&self, points: &[[f32; 2]]) {
        self.painter.add(Shape::convex_polygon(self.points(points), self.stroke.color, Stroke::NONE));
    }

    fn circle(&self, x: f32, y: f32, radius: f32) {
        self.painter.circle_stroke(self.at(x, y), radius * self.unit, self.stroke);
    }

    fn dot(&self, x: f32, y: f32, radius: f32) {
        self.painter.circle_filled(self.at(x, y), radius * self.unit, self.stroke.color);
    }

    /// Part of a circle, in degrees clockwise from the right.
    fn arc(&self, x: f32, y: f32, radius: f32, from: f32, to: f32) {
        let points = (0..=16).map(|step| {
            let angle = (from + (to - from) * step as f32 / 16.0).to_radians();
            pos2(x + radius * angle.cos(), y + radius * angle.sin())
        });
        let points: Vec<[f32; 2]> = points.map(|point| [point.x, point.y]).collect();
        self.line(&points);
    }

    fn transport(&self, icon: Icon) {
        match icon {
            Icon::Play => self.fill(&[[4.5, 2.5], [13.5, 8.0], [4.5, 13.5]]),
            Icon::Pause => {
                self.fill(&[[4.0, 3.0], [6.5, 3.0], [6.5, 13.0], [4.0, 13.0]]);
                self.fill(&[[9.5, 3.0], [12.0, 3.0], [12.0, 13.0], [9.5, 13.0]]);
            }
            Icon::StepBack => self.line(&[[10.0, 3.5], [5.5, 8.0], [10.0, 12.5]]),
            Icon::Step => self.line(&[[6.0, 3.5], [10.5, 8.0], [6.0, 12.5]]),
            Icon::First => {
                self.line(&[[3.5, 3.0], [3.5, 13.0]]);
                self.line(&[[12.0, 3.5], [7.5, 8.0], [12.0, 12.5]]);
            }
            Icon::Last => {
                self.line(&[[12.5, 3.0], [12.5, 13.0]]);
                self.line(&[[4.0, 3.5], [8.5, 8.0], [4.0, 12.5]]);
            }
            _ => {
                self.outline(&[[3.5, 3.5], [9.5, 8.0], [3.5, 12.5]]);
                self.line(&[[12.5, 3.0], [12.5, 13.0]]);
            }
        }
    }

    fn tool(&self, icon: Icon) {
        match icon {
            Icon::Undo => {
                self.line(&[[6.0, 2.5], [2.8, 5.7], [6.0, 8.9]]);
                self.line(&[[3.0, 5.7], [9.5, 5.7]]);
                self.arc(9.5, 9.45, 3.75, -90.0, 90.0);
                self.line(&[[9.5, 13.2], [6.5, 13.2]]);
            }
            Icon::Redo => {
                self.line(&[[10.0, 2.5], [13.2, 5.7], [10.0, 8.9]]);
                self.line(&[[13.0, 5.7], [6.5, 5.7]]);
                self.arc(6.5, 9.45, 3.75, 270.0, 90.0);
                self.line(&[[6.5, 13.2], [9.5, 13.2]]);
            }
            Icon::Search => {
                self.circle(7.0, 7.0, 4.5);
                self.line(&[[10.3, 10.3], [14.0, 14.0]]);
            }
            Icon::Link => {
                self.chain_link([5.5, 10.5]);
                self.chain_link([10.5, 5.5]);
            }
            _ => {
                self.arc(8.0, 13.2, 8.2, 220.5, 319.5);
                self.arc(8.0, 2.8, 8.2, 40.5, 139.5);
                self.circle(8.0, 8.0, 1.9);
                if icon == Icon::EyeOff {
                    self.line(&[[3.0, 13.5], [13.0, 2.5]]);
                }
            }
        }
    }

    /// A ring drawn out from the lower left to the upper right.
    fn chain_link(&self, [x, y]: [f32; 2]) {
        let (half, radius) = (1.6, 2.3);
        let points: Vec<[f32; 2]> = (0..20_u8)
            .map(|step| {
                // Half round the upper right end, half round the lower left one.
                let end = if step < 10 { half } else { -half };
                let turn = f32::from(step % 10) / 9.0 + if step < 10 { 0.0 } else { 1.0 };
                let (sin, cos) = ((turn - 0.75) * std::f32::consts::PI).sin_cos();
                [x + end + radius * cos, y - end + radius * sin]
            })
            .collect();
        self.outline(&points);
    }

    fn window(&self, icon: Icon) {
        match icon {
            Icon::Expand => {
                for [x, y, dx, dy] in
                    [[2.5, 2.5, 1., 1.], [13.5, 2.5, -1., 1.], [13.5, 13.5, -1., -1.], [2.5, 13.5, 1., -1.]]
                {
                    self.line(&[[x, y + 4.0 * dy], [x, y], [x + 4.0 * dx, y]]);
                }
            }
            Icon::Shrink => {
                for [x, y, dx, dy] in
                    [[6.0, 6.0, -1., -1.], [10.0, 6.0, 1., -1.], [10.0, 10.0, 1., 1.], [6.0, 10.0, -1., 1.]]
                {
                    self.line(&[[x, y + 4.0 * dy], [x, y], [x + 4.0 * dx, y]]);
                }
            }
            Icon::Close => {
                self.line(&[[3.5, 3.5], [12.5, 12.5]]);
                self.line(&[[12.5, 3.5], [3.5, 12.5]]);
            }
            Icon::Plus => {
                self.line(&[[8.0, 2.5], [8.0, 13.5]]);
                self.line(&[[2.5, 8.0], [13.5, 8.0]]);
            }
            Icon::ChevronDown => self.line(&[[4.0, 6.0], [8.0, 10.0], [12.0, 6.0]]),
            Icon::ChevronLeft => self.line(&[[10.0, 4.0], [6.0, 8.0], [10.0, 12.0]]),
            _ => self.line(&[[6.0, 4.0], [10.0, 8.0], [6.0, 12.0]]),
        }
    }

    fn thing(&self, icon: Icon) {
        match icon {
            Icon::Folder => {
                self.outline(&[[1.8, 13.0], [1.8, 3.5], [6.2, 3.5], [7.8, 5.5], [14.2, 5.5], [14.2, 13.0]]);
            }
            Icon::Gear => {
                self.circle(8.0, 8.0, 4.2);
                self.circle(8.0, 8.0, 1.4);
                for step in 0..8_u8 {
                    let (sin, cos) = (f32::from(step) * std::f32::consts::FRAC_PI_4).sin_cos();
                    self.line(&[[8.0 + 4.6 * cos, 8.0 + 4.6 * sin], [8.0 + 6.7 * cos, 8.0 + 6.7 * sin]]);
                }
            }
            Icon::Question => {
                self.arc(8.0, 5.6, 3.1, 180.0, 400.0);
                self.line(&[[10.4, 7.6], [8.6, 8.9], [8.0, 9.9], [8.0, 10.6]]);
                self.dot(8.0, 13.2, 1.05);
            }
            Icon::Info => {
                self.circle(8.0, 8.0, 6.2);
                self.dot(8.0, 5.0, 1.05);
                self.line(&[[8.0, 7.6], [8.0, 11.4]]);
            }
            Icon::Rerun => {
                self.arc(8.0, 8.0, 5.2, 200.0, 345.0);
                self.arc(8.0, 8.0, 5.2, 20.0, 165.0);
                self.line(&[[13.3, 2.8], [13.1, 6.7], [9.4, 6.3]]);
                self.line(&[[2.7, 13.2], [2.9, 9.3], [6.6, 9.7]]);
            }
            _ => {
                self.outline(&[[2.5, 13.5], [3.2, 10.2], [10.8, 2.6], [13.4, 5.2], [5.8, 12.8]]);
                self.line(&[[8.8, 4.6], [11.4, 7.2]]);
            }
        }
    }

    fn reason(&self, icon: Icon) {
        match icon {
            Icon::Swap => {
                self.arrow([2.5, 5.0], [13.5, 5.0]);
                self.arrow([13.5, 11.0], [2.5, 11.0]);
            }
            Icon::Jump => {
                let hop = [[1.5, 10.0], [4.0, 6.0], [6.5, 6.0], [8.0, 10.5], [9.5, 6.0], [12.0, 6.0], [14.5, 10.0]];
                self.line(&hop);
            }
            Icon::Bone => {
                self.line(&[[4.6, 11.4], [11.4, 4.6]]);
                self.circle(3.3, 12.7, 1.7);
                self.circle(12.7, 3.3, 1.7);
            }
            Icon::SideFlipped => {
                self.arrow([4.6, 8.0], [1.2, 8.0]);
                self.arrow([11.4, 8.0], [14.8, 8.0]);
                self.line(&[[8.0, 2.5], [8.0, 13.5]]);
            }
            Icon::TwoViews => {
                self.circle(4.9, 8.0, 3.2);
                self.circle(11.1, 8.0, 3.2);
            }
            Icon::FreeDot => {
                self.circle(8.0, 8.0, 5.5);
                self.line(&[[4.2, 4.2], [11.8, 11.8]]);
            }
            _ => {
                self.dot(8.0, 11.8, 2.1);
                self.line(&[[3.0, 2.5], [6.6, 8.7]]);
                self.line(&[[13.0, 2.5], [9.4, 8.7]]);
            }
        }
    }

    fn arrow(&self, from: [f32; 2], to: [f32; 2]) {
        self.line(&[from, to]);
        let back = if to[0] > from[0] { -2.8 } else { 2.8 };
        self.line(&[[to[0] + back, to[1] - 2.8], to, [to[0] + back, to[1] + 2.8]]);
    }

    fn state(&self, icon: Icon) {
        const DIAMOND: [[f32; 2]; 4] = [[8.0, 2.5], [13.5, 8.0], [8.0, 13.5], [2.5, 8.0]];
        const TRIANGLE: [[f32; 2]; 3] = [[8.0, 2.5], [14.0, 13.2], [2.0, 13.2]];
        const TICK: [[f32; 2]; 3] = [[2.5, 8.5], [6.2, 12.2], [13.5, 4.0]];
        match icon {
            Icon::Warning => {
                self.outline(&TRIANGLE);
                self.line(&[[8.0, 6.4], [8.0, 9.3]]);
                self.dot(8.0, 11.2, 0.85);
            }
            Icon::CheckBold => self.bold_line(&TICK),
            Icon::Check => self.line(&TICK),
            Icon::Diamond => self.fill(&DIAMOND),
            Icon::HollowDiamond => self.outline(&DIAMOND),
            Icon::HollowTriangle => self.outline(&TRIANGLE),
            Icon::DashedFrame => self.dashed(&[[2.5, 3.5], [13.5, 3.5], [13.5, 12.5], [2.5, 12.5], [2.5, 3.5]]),
            Icon::QuestionAndDash => {
                self.arc(8.0, 4.6, 2.5, 180.0, 400.0);
                self.line(&[[9.9, 6.2], [8.4, 7.3], [8.0, 8.2], [8.0, 8.8]]);
                self.dot(8.0, 10.9, 0.9);
                self.dashed(&[[2.0, 14.0], [14.0, 14.0]]);
            }
            _ => self.circle(8.0, 8.0, 5.2),
        }
    }

    fn dashed(&self, points: &[[f32; 2]]) {
        let dash = 2.6 * self.unit;
        self.painter.extend(Shape::dashed_line(&self.points(points), self.stroke, dash, dash * 0.75));
    }
}
