//! How the mouse moves: a continuous function of time in seconds, fixed by the seed alone.
//!
//! Decisions (walk, pause, rear, groom), the wandering trunk and the stepping paws are integrated once at a fixed rate;
//! joints that only wiggle (head, ears, tail, skin) are smooth random functions on top. The frame rate only samples, so that
//! one seed is the same animal at 60 and at 10 frames/s, and a longer recording starts like a shorter one.

use std::f64::consts::{PI, TAU};

use nalgebra::Vector3;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::anatomy::{PAW_COUNT, Stance, paw_homes, smooth_step};
use super::random::{Purpose, SmoothNoise, stream};
use crate::model::Point3;

const STEPS_PER_SECOND: f64 = 120.0;
/// The trunk turns back towards the centre from this distance on.
const ROAM_RADIUS_MM: f64 = 55.0;
const STRIDE_MM: f64 = 52.0;
/// Offsets of the paws in the cycle, in the skeleton's order: a walk in which diagonal paws nearly go together.
const PAW_PHASES: [f64; PAW_COUNT] = [0.45, 0.95, 0.0, 0.5];
const SWING_SHARE: f64 = 0.38;

/// The movements of one animal over a span of time.
#[derive(Debug)]
pub(super) struct Motion {
    states: Vec<State>,
    joints: Joints,
    liveliness: f64,
}

/// What the animal is doing.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Activity {
    Walk { speed_mm_per_sec: f64 },
    Pause { turn_rate: f64 },
    Rear,
    Groom,
}

/// The integrated part of the movement at one step.
#[derive(Clone, Debug)]
struct State {
    pelvis_xy: [f64; 2],
    yaw: f64,
    speed: f64,
    turn_rate: f64,
    bend: f64,
    /// Amount and its rate.
    rear: [f64; 2],
    groom: [f64; 2],
    groom_phase: f64,
    gait_phase: f64,
    /// Direction of the tail's root and middle in the world: they follow the trunk late.
    tail_yaw: [f64; 2],
    paws: [Point3; PAW_COUNT],
}

#[derive(Clone, Copy, Debug)]
struct Step {
    from: Point3,
    age_secs: f64,
    duration_secs: f64,
}

/// Smooth random functions of the joints.
#[derive(Debug)]
struct Joints {
    steer: SmoothNoise,
    bend: [SmoothNoise; 2],
    arch: SmoothNoise,
    head_slow: [SmoothNoise; 3],
    head_quick: [SmoothNoise; 3],
    shake: SmoothNoise,
    ears: [SmoothNoise; 2],
    tail_slow: [SmoothNoise; 3],
    tail_quick: [SmoothNoise; 3],
    tail_lift: SmoothNoise,
    skin: [[SmoothNoise; 2]; 3],
    rear_sway: SmoothNoise,
}

impl Joints {
    fn new(seed: u64) -> Self {
        let noise = |index: u64, knot_secs: f64| SmoothNoise::new(seed, index, knot_secs);
        let three = |first: u64, knot_secs: f64| [0, 1, 2].map(|offset| noise(first + offset, knot_secs));
        Self {
            steer: noise(0, 0.45),
            bend: [noise(1, 0.5), noise(2, 0.10)],
            arch: noise(3, 0.4),
            head_slow: three(10, 0.4),
            head_quick: three(20, 0.045),
            shake: noise(30, 0.8),
            ears: [noise(31, 0.12), noise(32, 0.12)],
            tail_slow: three(40, 0.5),
            tail_quick: three(50, 0.08),
            tail_lift: noise(60, 0.6),
            skin: [0, 1, 2].map(|spot| [noise(70 + 2 * spot, 0.25), noise(71 + 2 * spot, 0.25)]),
            rear_sway: noise(80, 0.25),
        }
    }
}

impl Motion {
    /// The movements from 0 to `duration_secs`; `liveliness` scales how far and fast joints wiggle, 1 is usual.
    pub(super) fn new(seed: u64, duration_secs: f64, liveliness: f64) -> Self {
        let joints = Joints::new(seed);
        let mut walker = Walker::new(seed);
        let count = (duration_secs * STEPS_PER_SECOND).ceil() as usize + 2;
        let mut states = Vec::with_capacity(count);
        for step in 0..count {
            states.push(walker.state.clone());
            walker.advance(&joints, step as f64 / STEPS_PER_SECOND);
        }
        Self { states, joints, liveliness }
    }

    /// The body's stance at a time; times outside the span give its ends.
    pub(super) fn at(&self, time_secs: f64) -> Stance {
        let place = (time_secs * STEPS_PER_SECOND).clamp(0.0, (self.states.len() - 2) as f64 + 0.999_999);
        let index = place as usize;
        let state = self.states[index].blend(&self.states[index + 1], place - index as f64);
        let (mut stance, joints) = (state.stance(), &self.joints);
        let lively = self.liveliness;
        let noise = |noise: &SmoothNoise| noise.at(time_secs);

        let rear = stance.rear;
        let groom = stance.groom;
        let pace = (state.speed / 120.0).clamp(0.0, 1.5);
        stance.bend += lively * (0.12 * noise(&joints.bend[1]) + 0.05 * pace * (TAU * state.gait_phase).sin());
        stance.arch = lively * 0.10 * noise(&joints.arch);
        stance.bob_mm = 0.8 * pace * (2.0 * TAU * state.gait_phase).cos();
        // Above the threshold, about once in four seconds, the head shakes.
        let shake = smooth_step((noise(&joints.shake) - 1.25) * 3.0) * (TAU * 9.0 * time_secs).sin();
        let sway = smooth_step(rear) * noise(&joints.rear_sway);
        stance.bend += 0.15 * sway;
        stance.head = [
            lively * (0.30 * noise(&joints.head_slow[0]) + 0.38 * noise(&joints.head_quick[0]) + 0.30 * shake)
                + 0.12 * state.turn_rate
                + groom * 0.25 * (0.5 * state.groom_phase).sin(),
            lively * (0.14 * noise(&joints.head_slow[1]) + 0.20 * noise(&joints.head_quick[1]))
                + 0.04 * pace * (2.0 * TAU * state.gait_phase).sin()
                + groom * 0.10 * state.groom_phase.cos(),
            lively * (0.10 * noise(&joints.head_slow[2]) + 0.07 * noise(&joints.head_quick[2]) + 0.20 * shake),
        ];
        stance.ear_twitch_mm = [0, 1].map(|ear| lively * 0.35 * noise(&joints.ears[ear]));
        let tail = [0, 1, 2].map(|part| {
            let quick = [0.20, 0.50, 0.95][part] * noise(&joints.tail_quick[part]);
            let slow = [0.15, 0.30, 0.45][part] * noise(&joints.tail_slow[part]);
            let wave = [0.08, 0.16, 0.16][part] * pace * (TAU * state.gait_phase - 1.4 * part as f64).sin();
            lively * (slow + quick + wave)
        });
        stance.tail = [stance.tail[0] + tail[0], stance.tail[1] + tail[1], tail[2]];
        stance.tail_lift_mm = (6.0 * noise(&joints.tail_lift)).max(0.0);
        stance.skin_slip_mm = [0, 1, 2].map(|spot| [0, 1].map(|axis| 0.45 * noise(&joints.skin[spot][axis])));
        stance
    }
}

impl State {
    fn blend(&self, next: &Self, x: f64) -> Self {
        let mix = |a: f64, b: f64| a + (b - a) * x;
        let mix2 = |a: [f64; 2], b: [f64; 2]| [mix(a[0], b[0]), mix(a[1], b[1])];
        Self {
            pelvis_xy: mix2(self.pelvis_xy, next.pelvis_xy),
            yaw: mix(self.yaw, next.yaw),
            speed: mix(self.speed, next.speed),
            turn_rate: mix(self.turn_rate, next.turn_rate),
            bend: mix(self.bend, next.bend),
            rear: mix2(self.rear, next.rear),
            groom: mix2(self.groom, next.groom),
            groom_phase: mix(self.groom_phase, next.groom_phase),
            gait_phase: mix(self.gait_phase, next.gait_phase),
            tail_yaw: mix2(self.tail_yaw, next.tail_yaw),
            paws: [0, 1, 2, 3].map(|paw| self.paws[paw] + (next.paws[paw] - self.paws[paw]) * x),
        }
    }

    /// The stance without the joints that only wiggle.
    fn stance(&self) -> Stance {
        let tail = self.tail_yaw.map(|direction| (direction - self.yaw).clamp(-1.3, 1.3));
        Stance {
            pelvis_xy: self.pelvis_xy,
            yaw: self.yaw,
            bend: self.bend,
            arch: 0.0,
            bob_mm: 0.0,
            rear: self.rear[0].clamp(0.0, 1.0),
            groom: self.groom[0].clamp(0.0, 1.0),
            groom_phase: self.groom_phase,
            head: [0.0; 3],
            ear_twitch_mm: [0.0; 2],
            tail: [tail[0], tail[1], 0.0],
            tail_lift_mm: 0.0,
            paws: self.paws,
            skin_slip_mm: [[0.0; 2]; 3],
        }
    }
}

/// Integrates the animal's decisions and steps.
struct Walker {
    state: State,
    activity: Activity,
    activity_left_secs: f64,
    steps: [Option<Step>; PAW_COUNT],
    decisions: ChaCha8Rng,
}

impl Walker {
    fn new(seed: u64) -> Self {
        let mut decisions = stream(seed, Purpose::Behavior, &[]);
        let angle = decisions.random_range(0.0..TAU);
        let yaw = decisions.random_range(0.0..TAU);
        let mut state = State {
            pelvis_xy: [25.0 * angle.cos() - 25.0 * yaw.cos(), 25.0 * angle.sin() - 25.0 * yaw.sin()],
            yaw,
            speed: 0.0,
            turn_rate: 0.0,
            bend: 0.0,
            rear: [0.0; 2],
            groom: [0.0; 2],
            groom_phase: 0.0,
            gait_phase: 0.0,
            tail_yaw: [yaw; 2],
            paws: [Point3::origin(); PAW_COUNT],
        };
        state.paws = paw_homes(&state.stance());
        let activity = Activity::Walk { speed_mm_per_sec: 110.0 };
        Self { state, activity, activity_left_secs: 1.2, steps: [None; PAW_COUNT], decisions }
    }

    fn advance(&mut self, joints: &Joints, time_secs: f64) {
        let dt = 1.0 / STEPS_PER_SECOND;
        self.activity_left_secs -= dt;
        if self.activity_left_secs <= 0.0 {
            self.decide();
        }
        self.move_trunk(joints.steer.at(time_secs), joints.bend[0].at(time_secs), dt);
        self.move_paws(dt);
    }

    fn decide(&mut self) {
        let random = &mut self.decisions;
        let walking = matches!(self.activity, Activity::Walk { .. });
        let choice: f64 = random.random();
        let (activity, shortest, longest) = match choice {
            choice if !walking && choice < 0.9 || walking && choice < 0.40 => {
                let speed: f64 = 175.0 + 65.0 * random.sample::<f64, _>(StandardNormal);
                (Activity::Walk { speed_mm_per_sec: speed.clamp(60.0, 330.0) }, 1.4, 3.6)
            }
            choice if choice < 0.72 => (Activity::Pause { turn_rate: random.random_range(-2.8..2.8) }, 0.3, 1.0),
            choice if choice < 0.87 => (Activity::Rear, 0.7, 1.6),
            _ => (Activity::Groom, 0.9, 2.2),
        };
        self.activity = activity;
        self.activity_left_secs = random.random_range(shortest..longest);
    }

    fn move_trunk(&mut self, steer: f64, bend_noise: f64, dt: f64) {
        let state = &mut self.state;
        let (mut target_speed, mut target_turn, mut target_rear, mut target_groom) = (0.0, 0.0, 0.0, 0.0);
        match self.activity {
            Activity::Walk { speed_mm_per_sec } => (target_speed, target_turn) = (speed_mm_per_sec, 1.9 * steer),
            Activity::Pause { turn_rate } => target_turn = turn_rate,
            Activity::Rear => target_rear = 1.0,
            Activity::Groom => target_groom = 1.0,
        }
        let heading = [state.yaw.cos(), state.yaw.sin()];
        // What should stay in the arena is the trunk's middle, not the pelvis.
        let middle = [state.pelvis_xy[0] + 24.0 * heading[0], state.pelvis_xy[1] + 24.0 * heading[1]];
        let radius = middle[0].hypot(middle[1]);
        if radius > ROAM_RADIUS_MM && target_speed > 0.0 {
            let inward = (-middle[1]).atan2(-middle[0]);
            let off = (inward - state.yaw + PI).rem_euclid(TAU) - PI;
            let urge = ((radius - ROAM_RADIUS_MM) / 30.0).min(1.5);
            target_turn = target_turn * (1.0 - urge).max(0.0) + 3.2 * urge * off.clamp(-1.0, 1.0);
            if off.abs() > PI / 2.0 {
                target_speed *= (1.0 - 0.6 * urge).max(0.15);
            }
        }
        let upright = 1.0 - smooth_step(state.rear[0].max(state.groom[0]) * 1.5);
        target_speed *= upright;
        target_turn *= upright;

        state.speed += (target_speed - state.speed) * (dt / 0.16);
        state.turn_rate += (target_turn - state.turn_rate) * (dt / 0.12);
        spring(&mut state.rear, target_rear, 9.0, dt);
        spring(&mut state.groom, target_groom, 11.0, dt);
        state.yaw += state.turn_rate * dt;
        state.pelvis_xy[0] += state.speed * heading[0] * dt;
        state.pelvis_xy[1] += state.speed * heading[1] * dt;
        let target_bend = 0.16 * state.turn_rate + 0.14 * bend_noise;
        state.bend += (target_bend - state.bend) * (dt / 0.10);
        state.groom_phase += TAU * 5.5 * dt;
        state.tail_yaw[0] += (state.yaw - state.tail_yaw[0]) * (dt / 0.12);
        state.tail_yaw[1] += (state.tail_yaw[0] - state.tail_yaw[1]) * (dt / 0.30);
    }

    /// Stance paws stay where they stand; each swings in its share of the cycle, or when it is far from its place.
    fn move_paws(&mut self, dt: f64) {
        let state = &mut self.state;
        let homes = paw_homes(&state.stance());
        let pace = (state.speed + 22.0 * state.turn_rate.abs()) / STRIDE_MM;
        let cycles_per_sec = if pace < 0.25 { 0.0 } else { pace.clamp(1.0, 6.0) };
        let before = state.gait_phase;
        state.gait_phase += cycles_per_sec * dt;
        let velocity = Vector3::new(state.yaw.cos(), state.yaw.sin(), 0.0) * state.speed;
        for paw in 0..PAW_COUNT {
            let lifted = paw < 2 && state.rear[0].max(state.groom[0]) > 0.5;
            if lifted {
                state.paws[paw] = homes[paw];
                self.steps[paw] = None;
                continue;
            }
            let cycle = |phase: f64| (phase + PAW_PHASES[paw]).floor();
            let due = cycle(state.gait_phase) > cycle(before);
            let far = (homes[paw] - state.paws[paw]).norm() > 19.0;
            if self.steps[paw].is_none() && (due || far) {
                let duration_secs = (SWING_SHARE / cycles_per_sec.max(2.5)).clamp(0.06, 0.15);
                self.steps[paw] = Some(Step { from: state.paws[paw], age_secs: 0.0, duration_secs });
            }
            if let Some(step) = &mut self.steps[paw] {
                step.age_secs += dt;
                let x = (step.age_secs / step.duration_secs).min(1.0);
                let stance_secs = (1.0 - SWING_SHARE) / cycles_per_sec.max(2.5);
                let ahead = velocity * (step.duration_secs - step.age_secs.min(step.duration_secs) + 0.5 * stance_secs);
                let landing = homes[paw] + ahead;
                state.paws[paw] = step.from + (landing - step.from) * smooth_step(x);
                state.paws[paw].z = homes[paw].z + 6.5 * (PI * x).sin();
                if x >= 1.0 {
                    state.paws[paw].z = homes[paw].z;
                    self.steps[paw] = None;
                }
            }
        }
    }
}

/// A critically damped pull of `[value, rate]` towards a target.
fn spring(value_and_rate: &mut [f64; 2], target: f64, per_sec: f64, dt: f64) {
    let [value, rate] = *value_and_rate;
    let acceleration = per_sec * per_sec * (target - value) - 2.0 * per_sec * rate;
    let rate = rate + acceleration * dt;
    *value_and_rate = [value + rate * dt, rate];
}
