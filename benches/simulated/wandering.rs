//! Tracked animals of a simulated recording: what the studies of behaviour and of the window share.

use std::fmt::Write as _;
use std::path::Path;

use behaviorvlm::model::{AnimalTrack, Part, Tracks};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Frames per second.
pub const FPS: f64 = 30.0;

/// Writes `tracks.csv` into a recording's folder, in pixels of that camera, and gives the lines of the manifest on its animals,
/// which are called A0, A1 and so on.
pub fn write_tracks(tracks: &Tracks, folder: &Path, camera: &str) -> std::io::Result<String> {
    let mut text = String::from("frame,camera,animal,keypoint,x,y\n");
    for (animal, track) in tracks.animals.iter().enumerate() {
        for (at, [x, y]) in track.points.iter().enumerate() {
            let part = &tracks.parts[at % tracks.parts.len()].name;
            let frame = at / tracks.parts.len();
            let _ = writeln!(text, "{frame},{camera},A{animal},{part},{x:.1},{y:.1}");
        }
    }
    std::fs::write(folder.join("tracks.csv"), text)?;
    let lines = |at| format!("[[animals]]\nname = \"A{at}\"\ntracks = \"tracks.csv\"\n");
    Ok((0..tracks.animals.len()).map(lines).collect())
}

/// Animals that walk, turn and rest by chance in a square, with a little noise on each part.
pub fn wandering(frames: u32, animals: usize) -> Tracks {
    let names = [
        "nose",
        "left_ear",
        "right_ear",
        "neck",
        "left_forepaw",
        "right_forepaw",
        "center_back",
        "left_hindpaw",
        "right_hindpaw",
        "tail_base",
        "tail_middle",
        "tail_tip",
    ];
    let along = [25.0, 20.0, 20.0, 15.0, 12.0, 12.0, 0.0, -15.0, -15.0, -25.0, -35.0, -45.0_f32];
    let across = [0.0, -4.0, 4.0, 0.0, -7.0, 7.0, 0.0, -7.0, 7.0, 0.0, 0.0, 0.0_f32];
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut track = || {
        let (mut place, mut heading, mut speed, mut turn) = ([250.0_f32, 250.0], 0.0_f32, 0.0_f32, 0.0_f32);
        let mut points = Vec::with_capacity(frames as usize * names.len());
        for frame in 0..frames {
            if frame % 45 == 0 {
                speed = [0.0, 0.0, 1.0, 4.0][random.random_range(0..4)];
                turn = random.random_range(-0.08..0.08);
            }
            heading += turn;
            for (axis, part) in [heading.cos(), heading.sin()].into_iter().enumerate() {
                place[axis] = (place[axis] + speed * part).clamp(0.0, 500.0);
            }
            let (sin, cos) = heading.sin_cos();
            for (x, y) in along.into_iter().zip(across) {
                let mut noise = || random.random_range(-0.4..0.4);
                points.push([place[0] + x * cos - y * sin + noise(), place[1] + x * sin + y * cos + noise()]);
            }
        }
        AnimalTrack { points, heights: Vec::new() }
    };
    let animals = (0..animals).map(|_| track()).collect();
    let parts = names.map(Part::named).to_vec();
    Tracks { frame_count: frames, fps: FPS, parts, animals, mm_per_unit: None }
}
