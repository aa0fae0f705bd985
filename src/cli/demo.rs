//! `behaviorvlm demo`: a synthetic recording, all the way.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::console::{Common, Console, figure};
use crate::demo::{DemoConfig, Difficulty, RigLayout};
use crate::jobs::demo::{self, Report};

/// Make a synthetic recording with ground truth, find its dots, solve, rank and judge it.
///
/// The same call goes on where it stopped.
#[derive(Debug, Args)]
#[command(after_help = "Example: behaviorvlm demo --frames 240 --difficulty hard --dir hard-demo")]
pub(super) struct Arguments {
    /// Where it is made.
    #[arg(long, default_value = "behaviorvlm-demo")]
    dir: PathBuf,
    /// How many frames.
    #[arg(long, value_name = "N", default_value_t = DemoConfig::default().frames)]
    frames: u32,
    /// Which animal, rig and noise.
    #[arg(long, value_name = "S", default_value_t = DemoConfig::default().seed)]
    seed: u64,
    /// Frames per second.
    #[arg(long, value_name = "F", default_value_t = DemoConfig::default().fps)]
    fps: f64,
    /// Width and height of the images, px.
    #[arg(long, value_name = "WxH", default_value = "1024x700", value_parser = size)]
    size: [u32; 2],
    /// How hard it is; the report says it in numbers.
    #[arg(long, value_enum, default_value = "normal")]
    difficulty: DifficultyWord,
    /// How the cameras stand: around the arena, or above and below a glass floor.
    #[arg(long, value_enum, default_value = "ring")]
    layout: LayoutWord,
    /// How many cameras, 4 to 8.
    #[arg(long, value_name = "N", default_value_t = DemoConfig::default().camera_count)]
    cameras: u8,
    /// Take the dots straight from the imaging model, and write no pictures.
    #[arg(long)]
    no_images: bool,
    /// Only print the result; otherwise the window opens with it.
    #[arg(long)]
    headless: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum DifficultyWord {
    Easy,
    Normal,
    Hard,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LayoutWord {
    Ring,
    Floor,
}

fn size(text: &str) -> Result<[u32; 2], String> {
    let sides = text.split_once(['x', 'X', '×']);
    let sides = sides.and_then(|(width, height)| Some([width.trim().parse().ok()?, height.trim().parse().ok()?]));
    sides.ok_or_else(|| format!("\"{text}\" is no size; write WIDTHxHEIGHT, as 1024x700"))
}

/// Makes the demo and prints the report; gives the project that the window is to open, if it is.
pub(super) fn run(arguments: &Arguments, console: &Console) -> anyhow::Result<Option<PathBuf>> {
    let config = DemoConfig {
        frames: arguments.frames,
        fps: arguments.fps,
        size_px: arguments.size,
        difficulty: match arguments.difficulty {
            DifficultyWord::Easy => Difficulty::Easy,
            DifficultyWord::Normal => Difficulty::Normal,
            DifficultyWord::Hard => Difficulty::Hard,
        },
        seed: arguments.seed,
        layout: match arguments.layout {
            LayoutWord::Ring => RigLayout::Ring,
            LayoutWord::Floor => RigLayout::Floor,
        },
        camera_count: arguments.cameras,
        ..DemoConfig::default()
    };
    let report = console.job(&arguments.common, |job| demo::run(job, &arguments.dir, &config, !arguments.no_images))?;
    console.print(&arguments.common, &report, || words(&report))?;
    let is_headless = arguments.headless || arguments.common.json;
    Ok((!is_headless).then_some(report.project))
}

fn words(report: &Report) -> String {
    let scene = &report.scene;
    let mut text = format!(
        "A simulated recording of {} frames: spot noise {:.2} px, a keypoint is visible in {:.1} views, {:.1} strays per view, \
         keypoints move at {:.0} mm/s.\n\n",
        report.pose.frames, scene.spot_noise_px, scene.mean_views, scene.strays_per_view, scene.speed_mean_mm_per_sec
    );
    text.push_str(
        "How good the labels are, against the truth (floor: the same triangulation with every dot's true identity):\n",
    );
    match &report.eval {
        Some(eval) => text.push_str(&super::eval::words(eval)),
        None => text.push_str("every frame is a seed, so that there is nothing to judge; take more frames\n"),
    }
    text.push_str(&format!("\nThe {} frames to look at first:\n", report.worst.len()));
    text.push_str(&super::rank::words(&report.worst));
    text.push_str(&format!(
        "\nSolved at {} ms of processor time a frame; everything took {:.0} s.\n",
        figure(report.pose.cpu_ms_per_frame, 1),
        report.wall_s
    ));
    let project = report.project.display();
    text.push_str(&format!(
        "The recording is in {}, the project is {project}. Try next:\n  behaviorvlm rank {project} --by side\n  behaviorvlm export \
         {project} --format points3d points3d.csv\n  behaviorvlm doctor {}\n",
        report.recording.display(),
        report.recording.display()
    ));
    text
}
