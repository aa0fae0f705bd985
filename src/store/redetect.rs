//! Detecting a view again without moving the numbers that people and labels already use.

use std::collections::BTreeSet;

use crate::model::{Centroid, CentroidNumber, CentroidOrigin, Point2};

/// Two spots closer than this are the same dot, px at 1024 px image width. Far above the fit's own scatter (0.07–0.09 px)
/// and below the distance at which touching dots are separated.
pub(super) const SAME_DOT_PX: f64 = 3.0;

/// What a view already holds.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownView<'a> {
    /// The centroids as they are.
    pub(super) centroids: &'a [Centroid],
    /// Centroids that a person deleted.
    pub(super) deleted: &'a [(CentroidNumber, Point2)],
    /// Numbers that human labels name.
    pub(super) named_by_human: BTreeSet<u16>,
    /// Numbers that any label names.
    pub(super) named: BTreeSet<u16>,
}

/// The centroids that the view holds after detecting again, sorted by number.
///
/// A centroid that a person added, or that a human label names, stays as it is. One that a person deleted stays away. A dot
/// found again keeps its number; a new dot gets a number never used before. Where nobody refers to the view's numbers, the
/// new detection is taken as it comes, in reading order from 1.
pub(super) fn merge(known: &KnownView<'_>, found: &[Centroid], image_width_px: u32) -> Vec<Centroid> {
    let is_kept = |centroid: &Centroid| {
        centroid.origin == CentroidOrigin::Added || known.named_by_human.contains(&centroid.number.0)
    };
    let free_to_renumber = known.deleted.is_empty() && known.named.is_empty() && !known.centroids.iter().any(is_kept);
    if free_to_renumber {
        return found.to_vec();
    }

    let deleted = known.deleted.iter().map(|(_, point)| *point);
    let places: Vec<Point2> = known.centroids.iter().map(|centroid| centroid.point_in_image).chain(deleted).collect();
    let partner = pair_nearest(&places, found, SAME_DOT_PX * f64::from(image_width_px) / 1024.0);

    let mut merged: Vec<Centroid> = known.centroids.iter().filter(|centroid| is_kept(centroid)).copied().collect();
    let mut next = known
        .centroids
        .iter()
        .map(|centroid| centroid.number.0)
        .chain(known.deleted.iter().map(|(number, _)| number.0))
        .chain(known.named.iter().copied())
        .max()
        .unwrap_or(0);
    for (centroid, partner) in found.iter().zip(partner) {
        match partner.map(|place| known.centroids.get(place)) {
            Some(Some(old)) if is_kept(old) => {}
            Some(Some(old)) => merged.push(Centroid { number: old.number, ..*centroid }),
            Some(None) => {}
            None => {
                // A view with 65,535 dots is noise; its last ones are dropped rather than given a number twice.
                let Some(fresh) = next.checked_add(1) else { break };
                next = fresh;
                merged.push(Centroid { number: CentroidNumber(fresh), ..*centroid });
            }
        }
    }
    merged.sort_by_key(|centroid| centroid.number);
    merged
}

/// For each found centroid the place that it continues, nearest pairs first, each used once.
fn pair_nearest(places: &[Point2], found: &[Centroid], radius_px: f64) -> Vec<Option<usize>> {
    let mut pairs = Vec::new();
    for (index, centroid) in found.iter().enumerate() {
        for (place, point) in places.iter().enumerate() {
            let distance_px = (centroid.point_in_image - point).norm();
            if distance_px <= radius_px {
                pairs.push((distance_px, place, index));
            }
        }
    }
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    let mut partner = vec![None; found.len()];
    let mut used = vec![false; places.len()];
    for (_, place, index) in pairs {
        if !used[place] && partner[index].is_none() {
            used[place] = true;
            partner[index] = Some(place);
        }
    }
    partner
}

#[cfg(test)]
mod tests {
    use super::*;

    fn centroid(number: u16, x: f64, origin: CentroidOrigin) -> Centroid {
        Centroid {
            number: CentroidNumber(number),
            point_in_image: Point2::new(x, 5.0),
            sigma_px: 1.5,
            peak: 9.0,
            snr: 9.0,
            origin,
        }
    }

    fn detected(number: u16, x: f64) -> Centroid {
        centroid(number, x, CentroidOrigin::Detected)
    }

    fn numbers_and_places(centroids: &[Centroid]) -> Vec<(u16, f64)> {
        centroids.iter().map(|centroid| (centroid.number.0, centroid.point_in_image.x)).collect()
    }

    #[test]
    fn nobody_refers_so_reading_order_rules() {
        let old = [detected(1, 10.0), detected(2, 20.0)];
        let known = KnownView { centroids: &old, ..KnownView::default() };
        let new = [detected(1, 5.0), detected(2, 10.1)];
        assert_eq!(merge(&known, &new, 1024), new);
    }

    #[test]
    fn what_people_did_stays() {
        let old = [detected(1, 10.0), detected(2, 20.0), centroid(4, 40.0, CentroidOrigin::Added), detected(5, 50.0)];
        let deleted = [(CentroidNumber(3), Point2::new(30.0, 5.0))];
        let named = BTreeSet::from([1, 5]);
        let known = KnownView { centroids: &old, deleted: &deleted, named_by_human: BTreeSet::from([1]), named };
        let new = [detected(1, 10.4), detected(2, 20.3), detected(3, 30.2), detected(4, 40.5), detected(5, 60.0)];
        let merged = merge(&known, &new, 1024);
        // 1 is pinned by a human label, 2 is found again, 3 stays deleted, 4 stays as added, 5 is gone, 6 is new.
        assert_eq!(numbers_and_places(&merged), [(1, 10.0), (2, 20.3), (4, 40.0), (6, 60.0)]);
    }

    #[test]
    fn a_human_label_keeps_its_dot_when_the_detector_misses_it() {
        let old = [detected(1, 10.0), detected(2, 20.0)];
        let known = KnownView {
            centroids: &old,
            named_by_human: BTreeSet::from([2]),
            named: BTreeSet::from([2]),
            ..KnownView::default()
        };
        assert_eq!(numbers_and_places(&merge(&known, &[], 1024)), [(2, 20.0)]);
    }
}
