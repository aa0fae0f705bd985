//! Three mice that do what a script says, tracked from above with noise, and recordings of them.

use std::collections::BTreeMap;
use std::f32::consts::{FRAC_PI_2, PI};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::text;
use crate::fake_model::{Doing, Watcher};
use crate::video::ffmpeg;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};

pub const FPS: f64 = 30.0;

/// From nose to tail base, px.
const BODY_PX: f32 = 60.0;

/// How far tracked parts are off, px.
const NOISE_PX: f32 = 0.3;

/// How fast a mouse turns at most, rad/s.
const TURN_RAD_PER_SEC: f32 = 7.0;

/// The parts, with their places ahead of the middle and to the right of it, px.
const PARTS: [(&str, [f32; 2]); 7] = [
    ("nose", [30.0, 0.0]),
    ("left_ear", [20.0, -8.0]),
    ("right_ear", [20.0, 8.0]),
    ("neck", [14.0, 0.0]),
    ("center_back", [0.0, 0.0]),
    ("tail_base", [-30.0, 0.0]),
    ("tail_middle", [-48.0, 0.0]),
];

/// What a mouse does for a while. Speeds are in body lengths per second.
#[derive(Clone, Copy)]
enum Act {
    Stay,
    /// Turns on the spot to a direction, rad.
    Face(f32),
    /// Goes to a point and stays there.
    Go([f32; 2], f32),
    /// Goes round a point.
    Round([f32; 2], f32),
}

/// A mouse: its name, where it begins, and until when it does what, s.
struct Role {
    name: &'static str,
    start: [f32; 2],
    acts: &'static [(f32, Act)],
}

/// Two minutes: A0 runs after A1, lies with A2 and is sniffed at by A1, which then feeds and meets A2 nose to nose.
const TWO_MINUTES: [Role; 3] = [
    Role {
        name: "A0",
        start: [200.0, 120.0],
        acts: &[
            (2.0, Act::Face(-FRAC_PI_2)),
            (12.0, Act::Stay),
            (16.0, Act::Go([447.0, 246.0], 2.0)),
            (18.0, Act::Face(FRAC_PI_2)),
            (30.0, Act::Round([300.0, 330.0], 3.0)),
            (35.0, Act::Go([600.0, 480.0], 2.5)),
            (50.0, Act::Face(0.0)),
            (57.0, Act::Go([200.0, 450.0], 2.0)),
            (74.0, Act::Face(0.0)),
            (90.0, Act::Round([250.0, 330.0], 1.3)),
            (120.0, Act::Stay),
        ],
    },
    Role {
        name: "A1",
        start: [220.0, 420.0],
        acts: &[
            (12.0, Act::Round([300.0, 420.0], 1.1)),
            (16.5, Act::Go([470.0, 330.0], 2.0)),
            (18.0, Act::Face(FRAC_PI_2)),
            (30.0, Act::Round([300.0, 330.0], 3.0)),
            (36.0, Act::Go([120.0, 150.0], 2.0)),
            (55.0, Act::Face(PI)),
            (60.0, Act::Go([133.0, 450.0], 1.5)),
            (68.0, Act::Face(0.0)),
            (75.0, Act::Go([900.0, 300.0], 2.5)),
            (92.0, Act::Face(0.0)),
            (96.0, Act::Go([700.0, 300.0], 1.5)),
            (120.0, Act::Face(0.0)),
        ],
    },
    Role {
        name: "A2",
        start: [850.0, 120.0],
        acts: &[
            (15.0, Act::Face(-FRAC_PI_2)),
            (28.0, Act::Round([850.0, 200.0], 1.5)),
            (34.0, Act::Go([600.0, 508.0], 1.8)),
            (50.0, Act::Face(0.0)),
            (58.0, Act::Go([850.0, 120.0], 1.5)),
            (100.0, Act::Face(-FRAC_PI_2)),
            (104.0, Act::Go([766.0, 300.0], 1.2)),
            (112.0, Act::Face(PI)),
            (116.0, Act::Go([850.0, 120.0], 1.2)),
            (120.0, Act::Stay),
        ],
    },
];

/// What is true of the two minutes: who, what, from and until when, s. Of resting and going, one stretch each.
pub const TRUTH: [(&str, &str, f64, f64); 12] = [
    ("A0", "chase", 18.0, 30.0),
    ("A1", "chase", 18.0, 30.0),
    ("A0", "huddle", 35.0, 50.0),
    ("A2", "huddle", 35.0, 50.0),
    ("A0", "oral_genital_contact", 60.0, 68.0),
    ("A1", "oral_genital_contact", 60.0, 68.0),
    ("A1", "feeding", 75.0, 92.0),
    ("A2", "approach", 100.0, 103.0),
    ("A1", "oral_oral_contact", 103.0, 112.0),
    ("A2", "oral_oral_contact", 103.0, 112.0),
    ("A0", "stationary", 90.0, 120.0),
    ("A2", "locomotion", 15.0, 28.0),
];

/// Twenty seconds of two mice: one runs after the other, then they part and rest.
const TWENTY_SECONDS: [Role; 2] = [
    Role {
        name: "A0",
        start: [447.0, 246.0],
        acts: &[
            (3.0, Act::Face(FRAC_PI_2)),
            (10.0, Act::Round([300.0, 330.0], 3.0)),
            (14.0, Act::Go([600.0, 480.0], 2.5)),
            (20.0, Act::Face(0.0)),
        ],
    },
    Role {
        name: "A1",
        start: [470.0, 330.0],
        acts: &[
            (3.0, Act::Face(FRAC_PI_2)),
            (10.0, Act::Round([300.0, 330.0], 3.0)),
            (15.0, Act::Go([150.0, 120.0], 1.5)),
            (20.0, Act::Stay),
        ],
    },
];

/// Tracked points by animal, frame, part; tests may spoil them.
#[derive(Clone)]
pub struct Film {
    pub names: Vec<&'static str>,
    pub animals: Vec<Vec<[[f32; 2]; PARTS.len()]>>,
}

impl Film {
    /// Three mice over two minutes.
    pub fn long() -> Self {
        Self::of(&TWO_MINUTES)
    }

    /// Two mice over twenty seconds.
    pub fn short() -> Self {
        Self::of(&TWENTY_SECONDS)
    }

    /// Two mice that never move, and a tracker that never errs.
    pub fn still(frames: usize) -> Self {
        let points = |x: f32| PARTS.map(|(_, [ahead, aside])| [x + ahead, 300.0 + aside]);
        Self { names: vec!["A0", "A1"], animals: [200.0, 700.0].map(|x| vec![points(x); frames]).to_vec() }
    }

    fn of(roles: &[Role]) -> Self {
        let animals = roles.iter().enumerate().map(|(index, role)| played(role, index as u64));
        Self { names: roles.iter().map(|role| role.name).collect(), animals: animals.collect() }
    }

    pub fn frames(&self) -> usize {
        self.animals[0].len()
    }

    /// The plain table of tracks; a point that is not finite has no row.
    pub fn table(&self) -> String {
        self.table_with(|_, _, _, [x, y]| (x.is_finite()).then(|| format!("{x:.2},{y:.2}")))
    }

    /// The table with what `cell` writes of an animal, a frame, a part at a point; no row where it writes nothing.
    pub fn table_with(&self, cell: impl Fn(usize, usize, usize, [f32; 2]) -> Option<String>) -> String {
        let mut table = "frame,camera,animal,keypoint,x,y\n".to_owned();
        for frame in 0..self.frames() {
            for (animal, name) in self.names.iter().enumerate() {
                for (part, (part_name, _)) in PARTS.iter().enumerate() {
                    if let Some(cell) = cell(animal, frame, part, self.animals[animal][frame][part]) {
                        writeln!(table, "{frame},top,{name},{part_name},{cell}").unwrap();
                    }
                }
            }
        }
        table
    }
}

/// The tracked parts of a mouse over its acts.
fn played(role: &Role, seed: u64) -> Vec<[[f32; 2]; PARTS.len()]> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let noise = Normal::new(0.0, NOISE_PX).unwrap();
    let step_px = BODY_PX / FPS as f32;
    let (mut at, mut heading, mut frame) = (role.start, 0.0_f32, 0_u32);
    let mut frames = Vec::new();
    for (until_secs, act) in role.acts {
        while f64::from(frame) < f64::from(*until_secs) * FPS {
            let mut wanted = heading;
            match *act {
                Act::Stay => {}
                Act::Face(direction) => wanted = direction,
                Act::Go(to, speed) => {
                    let [dx, dy] = [to[0] - at[0], to[1] - at[1]];
                    let far = dx.hypot(dy);
                    if far > 0.01 {
                        wanted = dy.atan2(dx);
                        let step = (speed * step_px).min(far);
                        at = [at[0] + dx / far * step, at[1] + dy / far * step];
                    }
                }
                Act::Round(middle, speed) => {
                    let [dx, dy] = [at[0] - middle[0], at[1] - middle[1]];
                    let radius = dx.hypot(dy);
                    let angle = dy.atan2(dx) + speed * step_px / radius;
                    at = [middle[0] + radius * angle.cos(), middle[1] + radius * angle.sin()];
                    wanted = angle + FRAC_PI_2;
                }
            }
            let turn = (wanted - heading + PI).rem_euclid(2.0 * PI) - PI;
            let most = TURN_RAD_PER_SEC / FPS as f32;
            heading += turn.clamp(-most, most);
            let (sin, cos) = heading.sin_cos();
            frames.push(PARTS.map(|(_, [ahead, aside])| {
                let [x, y] = [at[0] + cos * ahead - sin * aside, at[1] + sin * ahead + cos * aside];
                [x + noise.sample(&mut random), y + noise.sample(&mut random)]
            }));
            frame += 1;
        }
    }
    frames
}

/// Pixels of the film's pictures for each of the script.
const PICTURE_SCALE: f32 = 0.4;

/// Pixels across and down of the film's pictures.
const PICTURE_PX: [u32; 2] = [400, 240];

impl Film {
    /// Its first frames.
    pub fn cut(mut self, frames: usize) -> Self {
        self.animals.iter_mut().for_each(|track| track.truncate(frames));
        self
    }

    /// As its pictures show it.
    fn in_pictures(&self) -> Self {
        let mut film = self.clone();
        for point in film.animals.iter_mut().flatten().flatten() {
            *point = point.map(|value| value * PICTURE_SCALE);
        }
        film
    }

    /// A light floor, and a dark ellipse for each mouse, darker at its head.
    fn picture(&self, frame: usize) -> Vec<u8> {
        let [width, height] = PICTURE_PX;
        let mut pixels = vec![200_u8; (width * height) as usize];
        for track in &self.animals {
            let (nose, tail) = (track[frame][0], track[frame][5]);
            let middle = [0, 1].map(|axis| (nose[axis] + tail[axis]) / 2.0);
            let half = (nose[0] - tail[0]).hypot(nose[1] - tail[1]) / 2.0;
            let ahead = [0, 1].map(|axis| (nose[axis] - middle[axis]) / half.max(0.1));
            for y in 0..height {
                for x in 0..width {
                    let [dx, dy] = [x as f32 - middle[0], y as f32 - middle[1]];
                    let [along, aside] = [dx * ahead[0] + dy * ahead[1], dx * ahead[1] - dy * ahead[0]];
                    if (along / half).powi(2) + (aside / (0.4 * half)).powi(2) < 1.0 {
                        pixels[(y * width + x) as usize] = if along > 0.5 * half { 30 } else { 70 };
                    }
                }
            }
        }
        pixels
    }

    /// What is true of each frame of each animal: what the script says, else whether it goes anywhere.
    pub fn doing(&self, truth: &[(&str, &str, f64, f64)]) -> Watcher {
        let all = self.names.iter().enumerate().map(|(animal, name)| {
            let of_frame = |frame: usize| {
                let secs = frame as f64 / FPS;
                let is_on = |row: &&(&str, &str, f64, f64)| (row.2..row.3).contains(&secs);
                let own = truth.iter().filter(is_on).find(|row| row.0 == *name);
                let Some((_, label, ..)) = own.filter(|(_, label, ..)| *label != "stationary") else {
                    let label = if self.is_going(animal, frame) { "locomotion" } else { "stationary" };
                    return Doing { label: label.to_owned(), partner: None, role: "none" };
                };
                let partner = truth.iter().filter(is_on).find(|row| row.0 != *name && row.1 == *label);
                let role = match (*label, *name) {
                    (_, _) if partner.is_none() => "none",
                    ("chase", "A0") | ("oral_genital_contact", "A1") => "actor",
                    ("chase" | "oral_genital_contact", _) => "recipient",
                    _ => "mutual",
                };
                Doing { label: (*label).to_owned(), partner: partner.map(|row| row.0.to_owned()), role }
            };
            (0..self.frames()).map(of_frame).collect()
        });
        let names = self.names.iter().map(|name| (*name).to_owned()).collect();
        Watcher { names, doing: all.collect(), seed: 7, ..Watcher::default() }
    }

    /// Whether an animal goes more than a third of its body length in a second.
    fn is_going(&self, animal: usize, frame: usize) -> bool {
        let track = &self.animals[animal];
        let (before, after) = (frame.saturating_sub(8), (frame + 8).min(track.len() - 1));
        let [from, to] = [before, after].map(|frame| track[frame][4]);
        let secs = (after - before) as f32 / FPS as f32;
        (to[0] - from[0]).hypot(to[1] - from[1]) > 0.33 * BODY_PX * secs
    }
}

/// What is true of the twenty seconds.
pub const SHORT_TRUTH: [(&str, &str, f64, f64); 2] = [("A0", "chase", 3.0, 10.0), ("A1", "chase", 3.0, 10.0)];

/// Writes a recording of tracks with a video of the mice and returns its folder.
pub fn filmed(parent: &Path, name: &str, film: &Film) -> PathBuf {
    let (folder, film) = (parent.join(name), film.in_pictures());
    let camera = "video = \"top.mp4\"\nzones = { food = [[360,100],[388,100],[388,140],[360,140]] }";
    Manifest { camera, ..Manifest::of_tracks(name, &film.names) }.write(&folder);
    fs::write(folder.join("tracks.csv"), film.table()).unwrap();
    let input: Vec<u8> = (0..film.frames()).flat_map(|frame| film.picture(frame)).collect();
    let (size, video) = (format!("{}x{}", PICTURE_PX[0], PICTURE_PX[1]), folder.join("top.mp4"));
    let raw = ["-f", "rawvideo", "-pix_fmt", "gray", "-s", &size, "-r", "30", "-i", "-"];
    let coded = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "20", "-pix_fmt", "yuv420p", text(&video)];
    ffmpeg(&[&raw[..], &coded].concat(), &input);
    folder
}

/// A recording's folder, as its manifest describes it.
pub struct Manifest<'a> {
    pub name: &'a str,
    /// Lines about the camera.
    pub camera: &'a str,
    /// Lines about each animal, by name.
    pub animals: BTreeMap<&'a str, String>,
}

impl<'a> Manifest<'a> {
    /// A recording without pictures whose animals are in `tracks.csv`, with food on the right.
    pub fn of_tracks(name: &'a str, animals: &[&'a str]) -> Self {
        let camera = "zones = { food = [[900,250],[970,250],[970,350],[900,350]] }";
        let lines = animals.iter().map(|animal| (*animal, "tracks = \"tracks.csv\"".to_owned()));
        Self { name, camera, animals: lines.collect() }
    }

    /// Writes it to a folder, which is made.
    pub fn write(&self, folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        let mut text = format!(
            "version = 1\nname = \"{}\"\nfps = {FPS:.1}\n[[cameras]]\nname = \"top\"\n{}\n",
            self.name, self.camera
        );
        for (name, lines) in &self.animals {
            write!(text, "[[animals]]\nname = \"{name}\"\n{lines}\n").unwrap();
        }
        fs::write(folder.join("recording.toml"), text).unwrap();
    }
}

/// Writes a recording of tracks without pictures and returns its folder.
pub fn recording(parent: &Path, name: &str, film: &Film) -> PathBuf {
    let folder = parent.join(name);
    Manifest::of_tracks(name, &film.names).write(&folder);
    fs::write(folder.join("tracks.csv"), film.table()).unwrap();
    folder
}

/// The table of what is true of the two minutes.
pub fn truth_table(video: &str) -> String {
    let mut table = "video,animal,target,label,start_frame,stop_frame\n".to_owned();
    for (animal, label, from, to) in TRUTH {
        let [start, stop] = [from, to].map(|secs| (secs * FPS).round() as u32);
        writeln!(table, "{video},{animal},,{label},{start},{stop}").unwrap();
    }
    table
}
