//! Foreground pixels and the connected pieces that they make.

/// A connected piece of foreground, in pixels of the smaller picture.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Component {
    /// Column and row of each of its pixels.
    pub(super) pixels: Vec<[f32; 2]>,
}

/// Mean place and covariance (xx, xy, yy) of pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Moments {
    pub(super) mean: [f32; 2],
    pub(super) covariance: [f32; 3],
}

impl Component {
    /// How many pixels it has.
    pub(super) fn area(&self) -> f32 {
        self.pixels.len() as f32
    }

    /// Where it is and how it lies.
    pub(super) fn moments(&self) -> Moments {
        Moments::of(self.pixels.iter().map(|pixel| (*pixel, 1.0)))
    }

    /// How far a place is from its nearest pixel, and that pixel.
    pub(super) fn nearest(&self, [x, y]: [f32; 2]) -> (f32, [f32; 2]) {
        let far = |pixel: &[f32; 2]| (pixel[0] - x).powi(2) + (pixel[1] - y).powi(2);
        let nearest = self.pixels.iter().min_by(|a, b| far(a).total_cmp(&far(b)));
        nearest.map_or((f32::INFINITY, [x, y]), |pixel| (far(pixel).sqrt(), *pixel))
    }
}

impl Moments {
    /// Of weighted places. Each pixel is a square, so the variance is at least a twelfth along each axis.
    pub(super) fn of(places: impl Iterator<Item = ([f32; 2], f32)>) -> Self {
        let mut sums = [0.0f64; 6];
        for ([x, y], weight) in places {
            let (x, y, weight) = (f64::from(x), f64::from(y), f64::from(weight));
            for (sum, value) in sums.iter_mut().zip([1.0, x, y, x * x, x * y, y * y]) {
                *sum += weight * value;
            }
        }
        let total = sums[0].max(f64::MIN_POSITIVE);
        let [x, y, xx, xy, yy] = [1, 2, 3, 4, 5].map(|at: usize| sums[at] / total);
        let pixel = 1.0 / 12.0;
        let covariance = [xx - x * x + pixel, xy - x * y, yy - y * y + pixel].map(|value| value as f32);
        Self { mean: [x as f32, y as f32], covariance }
    }

    /// Variances along and across the long axis, and its direction in radians.
    pub(super) fn axes(&self) -> ([f32; 2], f32) {
        let [xx, xy, yy] = self.covariance;
        let (middle, half) = ((xx + yy) / 2.0, (xx - yy) / 2.0);
        let reach = (half * half + xy * xy).sqrt();
        let mut angle = 0.5 * xy.atan2(half);
        if angle <= -std::f32::consts::FRAC_PI_2 {
            angle += std::f32::consts::PI;
        }
        ([middle + reach, (middle - reach).max(1e-3)], angle)
    }

    /// The covariance with such variances along and across a direction.
    pub(super) fn covariance_of([along, across]: [f32; 2], angle_rad: f32) -> [f32; 3] {
        let (sine, cosine) = angle_rad.sin_cos();
        [
            along * cosine * cosine + across * sine * sine,
            (along - across) * sine * cosine,
            along * sine * sine + across * cosine * cosine,
        ]
    }
}

/// Takes away what is thinner than three pixels: tails, cables, the grain of the ground. What touches the picture's edge is
/// taken to go on beyond it.
pub(super) fn opened(mask: &[bool], width: usize) -> Vec<bool> {
    let all = |near: [bool; 3]| near == [true; 3];
    let any = |near: [bool; 3]| near != [false; 3];
    let eroded = along_both(mask, width, true, all);
    along_both(&eroded, width, false, any)
}

/// Combines each pixel with its neighbours in its row, then in its column.
fn along_both(mask: &[bool], width: usize, beyond: bool, combine: impl Fn([bool; 3]) -> bool) -> Vec<bool> {
    if width == 0 {
        return Vec::new();
    }
    let height = mask.len() / width;
    let mut rows = vec![false; mask.len()];
    for (row, out) in mask.chunks_exact(width).zip(rows.chunks_exact_mut(width)) {
        for x in 0..width {
            let left = if x == 0 { beyond } else { row[x - 1] };
            let right = if x + 1 == width { beyond } else { row[x + 1] };
            out[x] = combine([left, row[x], right]);
        }
    }
    let mut both = vec![false; mask.len()];
    for y in 0..height {
        for x in 0..width {
            let at = y * width + x;
            let above = if y == 0 { beyond } else { rows[at - width] };
            let below = if y + 1 == height { beyond } else { rows[at + width] };
            both[at] = combine([above, rows[at], below]);
        }
    }
    both
}

/// The connected pieces (corners connect) with at least so many pixels, in reading order of their first pixel.
pub(super) fn components(mask: &[bool], width: usize, least_area: usize) -> Vec<Component> {
    let mut left = mask.to_vec();
    let mut found = Vec::new();
    let mut open = Vec::new();
    for start in 0..left.len() {
        if !left[start] {
            continue;
        }
        left[start] = false;
        open.push(start);
        let mut pixels = Vec::new();
        while let Some(at) = open.pop() {
            let (x, y) = (at % width, at / width);
            pixels.push([x as f32, y as f32]);
            for row in y.saturating_sub(1)..=(y + 1).min(left.len() / width - 1) {
                for column in x.saturating_sub(1)..=(x + 1).min(width - 1) {
                    let near = row * width + column;
                    if left[near] {
                        left[near] = false;
                        open.push(near);
                    }
                }
            }
        }
        if pixels.len() >= least_area.max(1) {
            found.push(Component { pixels });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(rows: &[&str]) -> Vec<bool> {
        rows.iter().flat_map(|row| row.bytes().map(|letter| letter == b'#')).collect()
    }

    #[test]
    fn a_tail_goes_and_the_body_stays() {
        let before = mask(&["........", ".###....", ".#######", ".###....", "........"]);
        let after = mask(&["........", ".###....", ".###....", ".###....", "........"]);
        assert_eq!(opened(&before, 8), after);
    }

    #[test]
    fn pieces_are_counted_with_their_corners() {
        let found = components(&mask(&["#..##", ".#...", "....#"]), 5, 2);
        let areas: Vec<usize> = found.iter().map(|piece| piece.pixels.len()).collect();
        assert_eq!(areas, [2, 2], "the single pixel is too small");
        assert_eq!(found[0].nearest([0.0, 3.0]), (5.0f32.sqrt(), [1.0, 1.0]));
    }

    #[test]
    fn axes_and_covariance_say_the_same() {
        for angle in [-1.2f32, 0.0, 0.4, 1.5] {
            let moments = Moments { mean: [0.0; 2], covariance: Moments::covariance_of([9.0, 2.0], angle) };
            let (variances, found) = moments.axes();
            assert!((variances[0] - 9.0).abs() < 1e-4 && (variances[1] - 2.0).abs() < 1e-4);
            assert!((found - angle).abs() < 1e-4, "{found} {angle}");
        }
    }
}
