//! Named places of the arena: polygons in the units of the tracks.

/// A place.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    /// Its name, as "food".
    pub name: String,
    /// Its corners, in order.
    pub corners: Vec<[f32; 2]>,
}

impl Zone {
    /// How far a point is from its border: negative inside; NaN for a missing point.
    pub fn distance(&self, point: [f32; 2]) -> f32 {
        let (mut nearest, mut is_inside) = (f32::INFINITY, false);
        for (index, a) in self.corners.iter().enumerate() {
            let b = self.corners[(index + 1) % self.corners.len()];
            let along = [b[0] - a[0], b[1] - a[1]];
            let to = [point[0] - a[0], point[1] - a[1]];
            let square = along[0] * along[0] + along[1] * along[1];
            let share =
                if square > 0.0 { ((to[0] * along[0] + to[1] * along[1]) / square).clamp(0.0, 1.0) } else { 0.0 };
            nearest = nearest.min((to[0] - share * along[0]).hypot(to[1] - share * along[1]));
            // A ray to the right crosses the border an odd number of times from inside.
            if (a[1] > point[1]) != (b[1] > point[1]) && to[0] < along[0] * to[1] / along[1] {
                is_inside = !is_inside;
            }
        }
        if !(point[0].is_finite() && point[1].is_finite()) {
            f32::NAN
        } else if is_inside {
            -nearest
        } else {
            nearest
        }
    }

    /// Whether it is a place to eat at, by its name.
    pub fn is_food(&self) -> bool {
        let name = self.name.to_lowercase();
        ["food", "feed", "eat", "pellet", "hopper"].iter().any(|word| name.contains(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inside_is_negative_and_outside_is_as_far_as_the_border() {
        let zone =
            Zone { name: "Food tray".to_owned(), corners: vec![[0.0, 0.0], [10.0, 0.0], [10.0, 6.0], [0.0, 6.0]] };
        assert!(zone.is_food());
        assert_eq!(zone.distance([5.0, 2.0]), -2.0);
        assert_eq!(zone.distance([13.0, 10.0]), 5.0);
        assert_eq!(zone.distance([-2.0, 3.0]), 2.0);
        assert!(zone.distance([f32::NAN, 1.0]).is_nan());
    }
}
