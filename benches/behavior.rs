//! The behaviour pipeline as long as a user waits for it: features of three animals with twelve keypoints, an hour at 30 frames/s
//! from tracks to segments with its peak of memory, and, where `BEHAVIORVLM_DATA` names the folder of recordings, blobs and
//! features of pixels beside decoding the same video alone.
//!
//! Prints CPU time of all threads. No peer makes the same features, so the goals stand beside: 2,000 frames/s on one core,
//! pixels as fast as decoding, the hour in ten minutes with 2 GB.

#[path = "simulated/wandering.rs"]
mod wandering;

use std::path::{Path, PathBuf};
use std::time::Instant;

use self::wandering::{FPS, wandering, write_tracks};
use anyhow::{Context, Result};
use behaviorvlm::behavior::blobs::{BlobSamples, BlobTracker, sample_frames};
use behaviorvlm::behavior::bodies::Bodies;
use behaviorvlm::behavior::features::KeypointFeatures;
use behaviorvlm::behavior::visual::{ChannelScale, VisualFeatures, places_of_blobs};
use behaviorvlm::jobs::behavior::{self, Asking, FeatureKind, Options, Segmenter, Through};
use behaviorvlm::jobs::{CancelFlag, Job, new};
use behaviorvlm::model::Tracks;
use behaviorvlm::recording::MediaPath;
use behaviorvlm::store::Project;
use cpu_time::{ProcessTime, ThreadTime};

const HOUR_FRAMES: u32 = 108_000;

fn main() -> Result<()> {
    let tracks = wandering(HOUR_FRAMES, 3);
    features(&tracks);
    hour(&tracks)?;
    match std::env::var_os("BEHAVIORVLM_DATA") {
        Some(data) => pixels(&PathBuf::from(data))?,
        None => println!("pixels: BEHAVIORVLM_DATA is not set"),
    }
    Ok(())
}

fn features(tracks: &Tracks) {
    let cpu = ThreadTime::now();
    let bodies = Bodies::of(tracks);
    let measured = cpu.elapsed();
    let features = KeypointFeatures::new(&bodies, &[]);
    let frames = 20_000;
    let cpu = ThreadTime::now();
    for start in (0..frames).step_by(1000) {
        for animal in 0..3 {
            std::hint::black_box(features.rows(animal, start..start + 1000));
        }
    }
    println!(
        "features, three animals, twelve keypoints, {} columns, one thread: {:.0} frames/s; bodies before that {:.0} frames/s",
        features.names().len(),
        f64::from(frames) / cpu.elapsed().as_secs_f64(),
        f64::from(HOUR_FRAMES) / measured.as_secs_f64()
    );
}

/// From a table of tracks to merged segments, through a project file.
fn hour(tracks: &Tracks) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let recording = folder.path().join("hour");
    std::fs::create_dir(&recording)?;
    let animals = write_tracks(tracks, &recording, "top")?;
    let manifest = format!("version = 1\nname = \"hour\"\nfps = {FPS:?}\n[[cameras]]\nname = \"top\"\n{animals}");
    std::fs::write(recording.join("recording.toml"), manifest)?;
    let (cancel, listener) = (CancelFlag::default(), |_| {});
    let job = Job::new(&cancel, &listener);
    let path = folder.path().join("hour.bvlm");
    new::run(&job, &[recording], &path, None)?;
    let mut project = Project::open(&path)?;
    let options = Options {
        recording: None,
        through: Through::Merge,
        features: FeatureKind::Auto,
        segmenter: Segmenter::parse("dec", 10, 1)?,
        switch_cost: None,
        lengths_secs: [0.4, 5.0],
        rules: None,
        vocabulary: None,
        align: None,
        channel_scale: ChannelScale::default(),
        model_of: None,
        caption_model: None,
        merge_model: None,
        asking: Asking::default(),
        again: false,
        caption_prompt: None,
        caption_words: None,
        afresh: false,
        examples: None,
    };
    let (cpu, wall) = (ProcessTime::now(), Instant::now());
    let reports = behavior::run(&job, &mut project, &options)?;
    let clips = reports[0].clips.as_ref().context("clips were asked for")?;
    println!(
        "an hour of three animals, tracks to segments: {:.1} s CPU, {:.1} s wall, peak {} MiB; {} clips of {:.2} s, {} segments",
        cpu.elapsed().as_secs_f64(),
        wall.elapsed().as_secs_f64(),
        peak_mib().map_or("?".to_owned(), |mib| mib.to_string()),
        clips.count,
        clips.mean_secs,
        reports[0].segments
    );
    Ok(())
}

/// The most memory that the process had so far, where the system tells.
fn peak_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib / 1024)
}

fn pixels(data: &Path) -> Result<()> {
    let folder = data.join("mice3_topview");
    let video = std::fs::read_dir(&folder)?.flatten().map(|entry| entry.path());
    let video = video.filter(|path| path.extension().is_some_and(|it| it == "mp4")).min();
    let media = MediaPath::Video(video.context("no video in mice3_topview")?);
    let count = media.open()?.frame_count()?;
    // Decoding is another process: its time is in the wall clock alone.
    let pass = |name: &str, each: &mut dyn FnMut(&behaviorvlm::recording::GrayFrame)| -> Result<()> {
        let mut source = media.open()?;
        source.frame_count()?;
        let (cpu, wall) = (ThreadTime::now(), Instant::now());
        for frame in 0..count {
            each(&source.read(frame)?);
        }
        println!(
            "{name}: {:.0} frames/s of wall time, {:.0} frames/s of this process",
            f64::from(count) / wall.elapsed().as_secs_f64(),
            f64::from(count) / cpu.elapsed().as_secs_f64()
        );
        Ok(())
    };
    pass("decoding alone", &mut |_| {})?;
    let mut samples = BlobSamples::default();
    let mut source = media.open()?;
    for frame in sample_frames(count) {
        samples.push(&source.read(frame)?);
    }
    let mut tracker = BlobTracker::new(samples.learn(Some(3)).context("no animals were found")?);
    pass("blobs", &mut |frame| tracker.push(frame))?;
    let blobs = tracker.finish();
    let places: Vec<_> = (0..3).map(|animal| places_of_blobs(&blobs, animal)).collect();
    let mut features = VisualFeatures::new(80.0, FPS);
    let mut at = 0;
    pass("pixels around three animals", &mut |frame| {
        let now: Vec<_> = places.iter().map(|of_animal| of_animal[at]).collect();
        std::hint::black_box(features.push(frame, &now));
        at += 1;
    })
}
