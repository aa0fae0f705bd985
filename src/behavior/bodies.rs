//! Each animal frame by frame: its parts with short gaps closed, where it is, where it faces, how fast it goes.
//!
//! Lengths are in body lengths, the median distance from the front of the head to the base of the tail, so that thresholds
//! hold for any camera and animal. Parts are found by role; an animal that is one point has a place and a speed, and no
//! heading. A value that cannot be measured is NaN. Y grows downwards in images: turning clockwise as seen is positive.

use crate::model::skeleton::Role;
use crate::model::{Part, Tracks};

/// Gaps up to this are closed by straight lines, s: half the shortest clip that is cut.
const LONGEST_GAP_SECS: f64 = 0.25;

/// Slopes are taken over this, s: five frames at 30 frames per second.
const SLOPE_SECS: f64 = 0.17;

/// A point that leaves by more than this and is back in the frame after next was a slip of the tracker, body lengths.
const SLIP_BL: f32 = 1.0;

/// One animal over all frames.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// Its length, units of the tracks.
    pub length: f32,
    /// Parts by frame, units of the tracks; slips taken out, short gaps closed.
    pub points: Vec<[f32; 2]>,
    /// Heights of the parts by frame, units of the tracks; empty where unknown.
    pub heights: Vec<f32>,
    /// The middle of the body by frame, units of the tracks.
    pub centre: Vec<[f32; 2]>,
    /// Unit vector from the rear to the front of the trunk.
    pub heading: Vec<[f32; 2]>,
    /// Unit vector in which the head points; the heading where the head is not told apart.
    pub facing: Vec<[f32; 2]>,
    /// Velocity of the middle, body lengths per second.
    pub velocity: Vec<[f32; 2]>,
    /// Its size, body lengths per second.
    pub speed: Vec<f32>,
    /// How fast the heading turns, rad/s.
    pub turning: Vec<f32>,
    /// How long the animal is now, body lengths.
    pub extent: Vec<f32>,
    /// How fast its parts move against its middle, body lengths per second, in the mean.
    pub stirring: Vec<f32>,
}

impl Body {
    /// Whether anything of the animal is seen.
    pub fn is_seen(&self, frame: usize) -> bool {
        self.centre[frame][0].is_finite()
    }
}

/// All animals of a recording, measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Bodies {
    /// Frames.
    pub frame_count: u32,
    /// Frames per second.
    pub fps: f64,
    /// The parts, in the order of each frame's points.
    pub parts: Vec<Part>,
    /// Millimetres in one unit of the tracks, where known.
    pub mm_per_unit: Option<f64>,
    /// One per animal.
    pub animals: Vec<Body>,
    roles: Roles,
}

/// Where the parts stand that have a say in place and heading.
#[derive(Clone, Debug, Default, PartialEq)]
struct Roles {
    nose: Option<usize>,
    /// What stands for the front of the trunk, the first that is seen.
    front: Vec<Vec<usize>>,
    /// What stands for its rear.
    rear: Vec<Vec<usize>>,
    /// What stands for the middle.
    middle: Vec<Vec<usize>>,
}

impl Roles {
    fn of(parts: &[Part]) -> Self {
        let find = |role: Role| parts.iter().position(|part| part.role == Some(role));
        let group = |roles: &[Role]| roles.iter().map(|role| find(*role)).collect::<Option<Vec<usize>>>();
        let first = |groups: &[&[Role]]| groups.iter().filter_map(|roles| group(roles)).collect();
        let everything = (0..parts.len()).collect();
        let mut middle: Vec<Vec<usize>> =
            first(&[&[Role::BodyCentre], &[Role::HipLeft, Role::HipRight, Role::Head], &[Role::Head, Role::TailBase]]);
        middle.push(everything);
        Self {
            nose: find(Role::Nose),
            front: first(&[&[Role::Head], &[Role::EarLeft, Role::EarRight], &[Role::Nose], &[Role::BodyCentre]]),
            rear: first(&[
                &[Role::TailBase],
                &[Role::BackRear],
                &[Role::HipLeft, Role::HipRight],
                &[Role::HindpawLeft, Role::HindpawRight],
                &[Role::BodyCentre],
            ]),
            middle,
        }
    }
}

impl Bodies {
    /// Measures all animals.
    pub fn of(tracks: &Tracks) -> Self {
        let roles = Roles::of(&tracks.parts);
        let mut points: Vec<Vec<[f32; 2]>> = tracks.animals.iter().map(|track| track.points.clone()).collect();
        let parts = tracks.parts.len();
        let mut lengths: Vec<f32> = points.iter().map(|points| length_of(points, parts, &roles)).collect();
        let mut known: Vec<f32> = lengths.iter().copied().filter(|length| length.is_finite()).collect();
        let usual = median(&mut known).unwrap_or(1.0);
        lengths.iter_mut().filter(|length| !length.is_finite()).for_each(|length| *length = usual);
        let gap = (LONGEST_GAP_SECS * tracks.fps).round().max(1.0) as usize;
        for (points, length) in points.iter_mut().zip(&lengths) {
            take_out_slips(points, parts, SLIP_BL * length);
            close_gaps(points, parts, gap);
        }
        let reach = ((SLOPE_SECS * tracks.fps - 1.0) / 2.0).round().max(1.0) as usize;
        let animals = points.into_iter().zip(lengths).zip(&tracks.animals).map(|((points, length), track)| {
            let measured = Measured { points: &points, parts, roles: &roles, length, reach, fps: tracks.fps as f32 };
            let mut body = measured.body();
            body.points = points;
            body.heights = track.heights.clone();
            body
        });
        let animals = animals.collect();
        Self {
            frame_count: tracks.frame_count,
            fps: tracks.fps,
            parts: tracks.parts.clone(),
            mm_per_unit: tracks.mm_per_unit,
            animals,
            roles,
        }
    }

    /// The parts of one animal in one frame, units of the tracks.
    pub fn points(&self, animal: usize, frame: usize) -> &[[f32; 2]] {
        let start = frame * self.parts.len();
        &self.animals[animal].points[start..start + self.parts.len()]
    }

    /// The part that plays a role.
    pub fn with_role(&self, role: Role) -> Option<usize> {
        self.parts.iter().position(|part| part.role == Some(role))
    }

    /// Where the foremost part of the head is: nose, else ears, else the front of the trunk.
    pub fn snout(&self, animal: usize, frame: usize) -> [f32; 2] {
        let points = self.points(animal, frame);
        let nose = self.roles.nose.map(|nose| points[nose]).filter(|point| point[0].is_finite());
        nose.unwrap_or_else(|| first_seen(points, &self.roles.front))
    }

    /// Where the rear end of the trunk is.
    pub fn rump(&self, animal: usize, frame: usize) -> [f32; 2] {
        first_seen(self.points(animal, frame), &self.roles.rear)
    }
}

/// What is needed to measure one animal.
struct Measured<'a> {
    points: &'a [[f32; 2]],
    parts: usize,
    roles: &'a Roles,
    length: f32,
    /// Slopes are taken over so many frames on either side.
    reach: usize,
    fps: f32,
}

impl Measured<'_> {
    fn frames(&self) -> impl Iterator<Item = &[[f32; 2]]> {
        self.points.chunks_exact(self.parts.max(1))
    }

    fn body(&self) -> Body {
        let centre: Vec<[f32; 2]> = self.frames().map(|points| first_seen(points, &self.roles.middle)).collect();
        let heading: Vec<[f32; 2]> = self.frames().map(|points| self.heading(points)).collect();
        let facing: Vec<[f32; 2]> =
            self.frames().zip(&heading).map(|(points, heading)| self.facing(points, *heading)).collect();
        let slope = |values: &[[f32; 2]], at: usize| slope_at(values, at, self.reach);
        let per_sec = self.fps / self.length;
        let velocity: Vec<[f32; 2]> = (0..centre.len()).map(|at| scaled(slope(&centre, at), per_sec)).collect();
        let speed = velocity.iter().map(|velocity| size(*velocity)).collect();
        let turning = (0..heading.len()).map(|at| {
            // The slope of a unit vector, across it, is how fast it turns.
            let ([x, y], [dx, dy]) = (heading[at], slope(&heading, at));
            (x * dy - y * dx) * self.fps
        });
        let turning = turning.collect();
        let extent = self.frames().map(|points| self.extent(points)).collect();
        let stirring = self.stirring(&centre);
        let (points, heights) = (Vec::new(), Vec::new());
        Body {
            length: self.length,
            points,
            heights,
            centre,
            heading,
            facing,
            velocity,
            speed,
            turning,
            extent,
            stirring,
        }
    }

    fn heading(&self, points: &[[f32; 2]]) -> [f32; 2] {
        direction(first_seen(points, &self.roles.rear), first_seen(points, &self.roles.front))
    }

    /// From the ears or the neck to the nose.
    fn facing(&self, points: &[[f32; 2]], heading: [f32; 2]) -> [f32; 2] {
        let Some(nose) = self.roles.nose else { return heading };
        let behind: Vec<Vec<usize>> = self.roles.front.iter().filter(|group| !group.contains(&nose)).cloned().collect();
        let facing = direction(first_seen(points, &behind), points[nose]);
        if facing[0].is_finite() { facing } else { heading }
    }

    fn extent(&self, points: &[[f32; 2]]) -> f32 {
        distance(end_of(points, self.roles), first_seen(points, &self.roles.rear)) / self.length
    }

    /// The mean speed of the parts against the middle.
    fn stirring(&self, centre: &[[f32; 2]]) -> Vec<f32> {
        let frames = centre.len();
        let mut sums = vec![[0.0_f32; 2]; frames];
        let mut track = vec![[0.0_f32; 2]; frames];
        for part in 0..self.parts {
            for (frame, place) in track.iter_mut().enumerate() {
                let point = self.points[frame * self.parts + part];
                *place = [point[0] - centre[frame][0], point[1] - centre[frame][1]];
            }
            for (frame, sum) in sums.iter_mut().enumerate() {
                let speed = size(slope_at(&track, frame, self.reach)) * self.fps / self.length;
                if speed.is_finite() {
                    *sum = [sum[0] + speed, sum[1] + 1.0];
                }
            }
        }
        sums.into_iter().map(|[sum, count]| if count > 0.0 { sum / count } else { f32::NAN }).collect()
    }
}

/// The nose, or what is seen of the front.
fn end_of(points: &[[f32; 2]], roles: &Roles) -> [f32; 2] {
    let nose = roles.nose.map(|nose| points[nose]).filter(|point| point[0].is_finite());
    nose.unwrap_or_else(|| first_seen(points, &roles.front))
}

/// The mean of the first group of parts of which each is seen; of the last group, of those that are.
fn first_seen(points: &[[f32; 2]], groups: &[Vec<usize>]) -> [f32; 2] {
    for group in groups {
        if group.iter().all(|part| points[*part][0].is_finite()) {
            return mean(group.iter().map(|part| points[*part]));
        }
    }
    match groups.last() {
        Some(group) => mean(group.iter().map(|part| points[*part]).filter(|point| point[0].is_finite())),
        None => [f32::NAN; 2],
    }
}

fn mean(points: impl Iterator<Item = [f32; 2]>) -> [f32; 2] {
    let (sum, count) = points
        .fold(([0.0_f32; 2], 0.0_f32), |(sum, count), point| ([sum[0] + point[0], sum[1] + point[1]], count + 1.0));
    if count > 0.0 { [sum[0] / count, sum[1] / count] } else { [f32::NAN; 2] }
}

/// The median distance from the end of the snout to the rear; of animals without either, twice the median spread of parts.
fn length_of(points: &[[f32; 2]], parts: usize, roles: &Roles) -> f32 {
    let frames = points.chunks_exact(parts.max(1));
    let lengths = frames.map(|points| distance(end_of(points, roles), first_seen(points, &roles.rear)));
    let mut lengths: Vec<f32> = lengths.filter(|length| *length > 0.0).collect();
    median(&mut lengths).unwrap_or(f32::NAN)
}

/// Takes out points that jump away for a single frame.
fn take_out_slips(points: &mut [[f32; 2]], parts: usize, far: f32) {
    let frames = points.len() / parts.max(1);
    for frame in 1..frames.saturating_sub(1) {
        for part in 0..parts {
            let [before, here, after] = [frame - 1, frame, frame + 1].map(|frame| points[frame * parts + part]);
            let leaves = distance(before, here) > far && distance(here, after) > far;
            if leaves && distance(before, after) < far / 2.0 {
                points[frame * parts + part] = [f32::NAN; 2];
            }
        }
    }
}

/// Closes gaps of at most `longest` frames by straight lines.
fn close_gaps(points: &mut [[f32; 2]], parts: usize, longest: usize) {
    let frames = points.len() / parts.max(1);
    for part in 0..parts {
        let mut last: Option<usize> = None;
        for frame in 0..frames {
            let here = points[frame * parts + part];
            if !here[0].is_finite() {
                continue;
            }
            if let Some(last) = last.filter(|last| frame - last > 1 && frame - last - 1 <= longest) {
                let before = points[last * parts + part];
                for between in last + 1..frame {
                    let share = (between - last) as f32 / (frame - last) as f32;
                    let at = |axis: usize| before[axis] + (here[axis] - before[axis]) * share;
                    points[between * parts + part] = [at(0), at(1)];
                }
            }
            last = Some(frame);
        }
    }
}

/// The slope per frame of the line that fits the values within `reach` frames best; NaN where fewer than two are known.
pub(super) fn slope_at(values: &[[f32; 2]], at: usize, reach: usize) -> [f32; 2] {
    let window = at.saturating_sub(reach)..(at + reach + 1).min(values.len());
    let (mut count, mut sum_t, mut sum_tt) = (0.0_f32, 0.0_f32, 0.0_f32);
    let (mut sum, mut sum_tv) = ([0.0_f32; 2], [0.0_f32; 2]);
    let middle = values[at];
    if !middle[0].is_finite() {
        return [f32::NAN; 2];
    }
    for frame in window {
        let value = values[frame];
        if !value[0].is_finite() {
            continue;
        }
        let time = frame as f32 - at as f32;
        (count, sum_t, sum_tt) = (count + 1.0, sum_t + time, sum_tt + time * time);
        for axis in 0..2 {
            let value = value[axis] - middle[axis];
            sum[axis] += value;
            sum_tv[axis] += time * value;
        }
    }
    let spread = count * sum_tt - sum_t * sum_t;
    if spread <= 0.0 {
        return [f32::NAN; 2];
    }
    [0, 1].map(|axis| (count * sum_tv[axis] - sum_t * sum[axis]) / spread)
}

/// The median, of an even number the upper of the two in the middle; `None` of nothing.
pub(super) fn median(values: &mut [f32]) -> Option<f32> {
    let middle = values.len() / 2;
    (!values.is_empty()).then(|| *values.select_nth_unstable_by(middle, f32::total_cmp).1)
}

/// The distance of two points; NaN where one is missing.
pub(super) fn distance(a: [f32; 2], b: [f32; 2]) -> f32 {
    size([a[0] - b[0], a[1] - b[1]])
}

pub(super) fn size(vector: [f32; 2]) -> f32 {
    (vector[0] * vector[0] + vector[1] * vector[1]).sqrt()
}

fn scaled(vector: [f32; 2], factor: f32) -> [f32; 2] {
    [vector[0] * factor, vector[1] * factor]
}

/// The unit vector from one point to another; NaN where they are the same or one is missing.
pub(super) fn direction(from: [f32; 2], to: [f32; 2]) -> [f32; 2] {
    let vector = [to[0] - from[0], to[1] - from[1]];
    let length = size(vector);
    if length > 0.0 { scaled(vector, 1.0 / length) } else { [f32::NAN; 2] }
}

/// The angle from one unit vector to another, rad, in −π..π.
pub(super) fn angle(from: [f32; 2], to: [f32; 2]) -> f32 {
    (from[0] * to[1] - from[1] * to[0]).atan2(from[0] * to[0] + from[1] * to[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::AnimalTrack;

    /// One animal of nose, neck, center back and tail base, 100 units long, whose middle is at `place(frame)`, heading to +x.
    fn tracks(frames: u32, place: impl Fn(u32) -> [f32; 2]) -> Tracks {
        let parts: Vec<Part> = ["nose", "neck", "center back", "tail base"].map(Part::named).to_vec();
        let along = [50.0, 25.0, 0.0, -50.0];
        let points = (0..frames).flat_map(|frame| {
            let [x, y] = place(frame);
            along.map(|offset| [x + offset, y])
        });
        let points = points.collect();
        let animals = vec![AnimalTrack { points, heights: Vec::new() }];
        Tracks { frame_count: frames, fps: 30.0, parts, animals, mm_per_unit: None }
    }

    #[test]
    fn an_animal_that_walks_is_measured_in_body_lengths() {
        // Ten units a frame: 300 a second, three body lengths.
        let bodies = Bodies::of(&tracks(30, |frame| [frame as f32 * 10.0, 40.0]));
        let body = &bodies.animals[0];
        assert_eq!(body.length, 100.0);
        for frame in 0..30 {
            assert!((body.speed[frame] - 3.0).abs() < 1e-3, "{frame}: {}", body.speed[frame]);
            assert_eq!(body.heading[frame], [1.0, 0.0]);
            assert!(body.turning[frame].abs() < 1e-6 && body.stirring[frame] < 1e-3);
            assert!((body.extent[frame] - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn slips_and_short_gaps_are_closed_and_long_ones_stay() {
        let mut given = tracks(60, |frame| [frame as f32, 0.0]);
        for part in 0..4 {
            given.animals[0].points[10 * 4 + part] = [900.0, 900.0];
            (20..24).for_each(|frame| given.animals[0].points[frame * 4 + part] = [f32::NAN; 2]);
            (30..50).for_each(|frame| given.animals[0].points[frame * 4 + part] = [f32::NAN; 2]);
        }
        let bodies = Bodies::of(&given);
        let body = &bodies.animals[0];
        for frame in [10, 20, 23] {
            assert!((body.centre[frame][0] - frame as f32).abs() < 1e-4);
        }
        assert!((30..50).all(|frame| !body.is_seen(frame)) && body.is_seen(50));
        assert!(body.speed[35].is_nan());
    }

    #[test]
    fn a_turn_is_measured_in_radians_a_second() {
        let mut given = tracks(31, |_| [0.0, 0.0]);
        for frame in 0..31_usize {
            // A quarter circle in 30 frames.
            let turn = std::f32::consts::FRAC_PI_2 * frame as f32 / 30.0;
            for (part, along) in [50.0, 25.0, 0.0, -50.0].into_iter().enumerate() {
                given.animals[0].points[frame * 4 + part] = [turn.cos() * along, turn.sin() * along];
            }
        }
        let body = &Bodies::of(&given).animals[0];
        assert!((body.turning[15] - std::f32::consts::FRAC_PI_2).abs() < 0.01, "{}", body.turning[15]);
    }

    #[test]
    fn an_animal_of_one_point_has_a_place_and_no_heading() {
        let parts = vec![Part::named("centroid")];
        let points = (0..10).map(|frame| [frame as f32, 1.0]).collect();
        let animals = vec![AnimalTrack { points, heights: Vec::new() }, AnimalTrack::missing(10, 1)];
        let bodies = Bodies::of(&Tracks { frame_count: 10, fps: 30.0, parts, animals, mm_per_unit: None });
        assert!(bodies.animals[0].speed[5] > 0.0 && bodies.animals[0].heading[5][0].is_nan());
        assert!((0..10).all(|frame| !bodies.animals[1].is_seen(frame)));
    }
}
