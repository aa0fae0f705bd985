//! What a person waits for in the window: the app's own frame function, without rasterisation.
//!
//! Six views of 2048 × 1400 px with 12 keypoints, stray dots, and a queue of 100,000 frames, of which twelve have pictures; two
//! animals whose timelines have 10,000 segments in eight rows. Times
//! are of the thread that draws; pictures are made by other threads meanwhile. `cargo bench --bench window`. The recording is
//! simulated and made first, which takes minutes. Goals: 4 ms of CPU a painted frame, 16 ms for a step to a cached
//! neighbour until the new textures are ready, no CPU when idle, the first picture of 100,000 frames within 1 s.

#[path = "simulated/wandering.rs"]
mod wandering;

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use behaviorvlm::app::settings::Settings;
use behaviorvlm::app::{App, Command, Page};
use behaviorvlm::demo::DemoConfig;
use behaviorvlm::jobs::{CancelFlag, Job, demo};
use behaviorvlm::model::{
    Animal, AnimalId, BehaviorSource, Caption, Clip, ClipId, FrameLabels, FramePose, RecordingId, Segment, SegmentKind,
    SegmentStatus, SocialRole, Vocabulary,
};
use behaviorvlm::store::{FrameSummary, Gesture, MachineFrame, Project};
use behaviorvlm::ui::shell::Shell;
use cpu_time::{ProcessTime, ThreadTime};
use egui::{Context, Event, PointerButton, Pos2, RawInput, Rect, pos2, vec2};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use self::wandering::{wandering, write_tracks};

const FRAMES: u32 = 100_000;
const PICTURES: u32 = 12;
/// Pieces of each row of a timeline.
const PIECES: u32 = 1250;

fn main() {
    let folder = tempfile::tempdir().expect("a folder for the recording");
    let project = make(folder.path());
    opening(&project);
    let mut driver = Driver::open(&project);
    for page in [Page::Review, Page::Seeds, Page::Detect, Page::Run, Page::Behavior, Page::Export] {
        driver.page(page);
    }
    driver.steps(Page::Review);
    driver.steps(Page::Behavior);
    driver.timeline();
    driver.scrubbing();
    driver.idle();
}

/// A solved recording of twelve frames, and the summaries of all others.
fn make(folder: &Path) -> std::path::PathBuf {
    let config = DemoConfig { frames: PICTURES, size_px: [2048, 1400], ..DemoConfig::default() };
    let cancel = CancelFlag::default();
    let path = demo::run(&Job::new(&cancel, &|_| {}), &folder.join("demo"), &config, true).expect("the demo").project;
    let mut project = Project::open(&path).expect("its project");
    let recording = project.only_recording().expect("its recording").id;
    project.set_frame_count(recording, FRAMES).expect("more frames");
    let run = project.begin_run(recording, "pose", "{}", 0).expect("a run");
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for frame in PICTURES..FRAMES {
        let mut reason = || Some(random.random_range(0.0..10.0));
        let summary = FrameSummary {
            frame,
            score: reason().map(|value| value / 10.0),
            residual_before: reason(),
            residual_after: reason(),
            jump: reason(),
            bones: reason(),
            margin: reason(),
            ..FrameSummary::default()
        };
        let done = MachineFrame {
            labels: &FrameLabels::empty(6, 12),
            pose: &FramePose::missing(12),
            changes: &[],
            summary: &summary,
            checkpoints: &[],
        };
        project.put_machine_frame(recording, frame, run, &done).expect("a frame");
    }
    describe(&mut project, recording);
    track(&project);
    path
}

/// Clips, captions, merged and human segments of two animals, 1,250 each.
fn describe(project: &mut Project, recording: RecordingId) {
    let animals = ["A0", "A1"].map(|name| Animal { name: name.to_owned(), color: None, is_identity_verified: true });
    project.set_animals(recording, &animals).expect("two animals");
    let run = project.begin_run(recording, "behavior", "{}", 0).expect("a run");
    let vocabulary = Vocabulary::mouse();
    let (mut clips, mut captions, mut segments) = (Vec::new(), Vec::new(), Vec::new());
    for (animal, number) in (0..2_u8).flat_map(|animal| (0..PIECES).map(move |number| (animal, number))) {
        let id = ClipId(u32::from(animal) * PIECES + number);
        let frames = [number, number + 1].map(|edge| edge * (FRAMES / PIECES));
        let animal = AnimalId(animal);
        let label = vocabulary.labels[number as usize % vocabulary.labels.len()].name.clone();
        clips.push(Clip {
            id,
            animal,
            start_frame: frames[0],
            stop_frame: frames[1],
            cluster: Some(number as u16 % 10),
        });
        let description = "It does what its label says.".to_owned();
        let (partner, role) = (None, SocialRole::None);
        segments.push(Segment {
            animal,
            start_frame: frames[0],
            stop_frame: frames[1],
            kind: SegmentKind::State,
            label: label.clone(),
            description: description.clone(),
            partner,
            role,
            confidence: Some(0.5),
            status: SegmentStatus::Unreviewed,
            source: BehaviorSource::Rules,
            modifiers: Vec::new(),
            clips: vec![id],
        });
        let caption = Caption { label, description, partner, role, confidence: 0.5 };
        captions.push((id, caption, BehaviorSource::Rules));
    }
    project.put_clips(run, &clips).expect("clips");
    project.put_captions(run, &captions).expect("captions");
    project.put_merged(run, &segments, 0).expect("merged segments");
    let gesture = Gesture { title: "Import", annotator: "bench", at_unix_ms: 0 };
    project.import_segments(&[(recording, segments)], &gesture).expect("human segments");
}

/// Gives the recording the tracks of two animals, so that curves and what is drawn over pictures are measured too.
fn track(project: &Project) {
    let info = project.only_recording().expect("its recording");
    let lines = write_tracks(&wandering(FRAMES, 2), &info.path, &info.cameras[0].name).expect("a table of tracks");
    let manifest = info.path.join("recording.toml");
    let mut file = std::fs::OpenOptions::new().append(true).open(manifest).expect("its manifest");
    file.write_all(lines.as_bytes()).expect("two animals");
}

fn app(woken: &Arc<AtomicBool>) -> App {
    let settings = Settings { annotator: Some("bench".to_owned()), ..Settings::default() };
    let woken = woken.clone();
    App::new(settings, None, Arc::new(move || woken.store(true, Ordering::SeqCst)))
}

/// From the command to the first pictures of all views.
fn opening(project: &Path) {
    let mut driver = Driver::new();
    let started = Instant::now();
    driver.shell.app_mut().handle(Command::Open(project.to_owned()));
    driver.until_complete();
    println!("first pictures of {FRAMES} frames: {:.0} ms", started.elapsed().as_secs_f64() * 1e3);
}

struct Driver {
    shell: Shell,
    context: Context,
    events: Vec<Event>,
    started: Instant,
    woken: Arc<AtomicBool>,
}

impl Driver {
    fn new() -> Self {
        let woken = Arc::new(AtomicBool::new(false));
        Self {
            shell: Shell::new(app(&woken)),
            context: Context::default(),
            events: Vec::new(),
            started: Instant::now(),
            woken,
        }
    }

    fn open(project: &Path) -> Self {
        let mut driver = Self::new();
        driver.shell.app_mut().handle(Command::Open(project.to_owned()));
        driver.until_complete();
        driver.shell.app_mut().settle(Duration::from_secs(60));
        driver.shell.app_mut().handle(Command::ShowFrame(PICTURES / 2));
        driver.until_complete();
        driver
    }

    /// One painted frame; gives the CPU time of `logic` and `ui` together, and that of turning shapes into triangles.
    fn frame(&mut self) -> (Duration, Duration) {
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(1920.0, 1080.0))),
            time: Some(self.started.elapsed().as_secs_f64()),
            max_texture_side: Some(16384),
            events: std::mem::take(&mut self.events),
            ..RawInput::default()
        };
        let shell = &mut self.shell;
        let cpu = ThreadTime::now();
        let output = self.context.clone().run_ui(input, |ui| {
            shell.logic(ui.ctx());
            shell.ui(ui);
        });
        let drawn = cpu.elapsed();
        let cpu = ThreadTime::now();
        let _ = self.context.tessellate(output.shapes, output.pixels_per_point);
        (drawn, cpu.elapsed())
    }

    /// Paints until all views show the frame that they should.
    fn until_complete(&mut self) {
        let end = Instant::now() + Duration::from_secs(120);
        loop {
            self.frame();
            if self.shell.is_complete() {
                return;
            }
            assert!(Instant::now() < end, "the pictures never came");
            while !self.woken.swap(false, Ordering::SeqCst) && Instant::now() < end {
                std::thread::yield_now();
                if self.shell.app().state().opening.is_some() {
                    break;
                }
            }
        }
    }

    /// CPU of painted frames while the pointer moves over the page.
    fn page(&mut self, page: Page) {
        self.shell.app_mut().handle(Command::GoTo(page));
        self.until_complete();
        self.shell.app_mut().settle(Duration::from_secs(60));
        for _ in 0..10 {
            self.frame();
        }
        let (mut drawn, mut tessellated) = (Vec::new(), Vec::new());
        for step in 0..300_u32 {
            let at = pos2(300.0 + (step * 37 % 1200) as f32, 120.0 + (step * 53 % 700) as f32);
            self.events.push(Event::PointerMoved(at));
            let (frame, triangles) = self.frame();
            drawn.push(frame.as_secs_f64() * 1e3);
            tessellated.push(triangles.as_secs_f64() * 1e3);
        }
        let [median, p95] = quantiles(&mut drawn);
        let [triangles, _] = quantiles(&mut tessellated);
        println!(
            "{}: logic + ui {median:.2} ms median, {p95:.2} ms p95 (goal 4); triangles {triangles:.2} ms more",
            page.title()
        );
    }

    /// From the key to the new textures of all views, between neighbours that were shown before.
    fn steps(&mut self, page: Page) {
        self.shell.app_mut().handle(Command::GoTo(page));
        self.shell.app_mut().handle(Command::ShowFrame(PICTURES / 2));
        self.until_complete();
        let mut walls = Vec::new();
        for step in 0..60 {
            self.shell.app_mut().handle(Command::Step(if step % 2 == 0 { 1 } else { -1 }));
            let started = Instant::now();
            self.until_complete();
            walls.push(started.elapsed().as_secs_f64() * 1e3);
            for _ in 0..3 {
                self.frame();
            }
        }
        walls.drain(..4);
        let [median, p95] = quantiles(&mut walls);
        println!(
            "{}, step to a cached neighbour: {median:.1} ms median, {p95:.1} ms p95 of wall time (goal 16)",
            page.title()
        );
    }

    /// CPU of painted frames of the behaviour page while the playhead jumps, the lanes are scrolled and zoomed.
    fn timeline(&mut self) {
        self.shell.app_mut().handle(Command::GoTo(Page::Behavior));
        self.until_complete();
        self.shell.app_mut().settle(Duration::from_secs(60));
        assert!(self.shell.app().state().session.as_ref().is_some_and(|it| it.timeline.scene.is_some()), "tracks");
        let over_lanes = pos2(1000.0, 800.0);
        self.events.push(Event::PointerMoved(over_lanes));
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let mut drawn = Vec::new();
        for _ in 0..300 {
            self.shell.app_mut().handle(Command::ShowFrame(random.random_range(0..PICTURES)));
            drawn.push(self.frame().0.as_secs_f64() * 1e3);
        }
        told("playhead moves", &mut drawn);
        let mut wheel = |what: &str, delta: egui::Vec2| {
            let modifiers = egui::Modifiers::NONE;
            let mut drawn = Vec::new();
            for step in 0..120 {
                let delta = if step < 60 { delta } else { -delta };
                let (unit, source) = (egui::MouseWheelUnit::Point, egui::MouseWheelSource::Wheel);
                let phase = egui::TouchPhase::Move;
                self.events.push(Event::MouseWheel { unit, delta, phase, modifiers, source });
                drawn.push(self.frame().0.as_secs_f64() * 1e3);
            }
            told(what, &mut drawn);
        };
        wheel("lanes are zoomed", vec2(0.0, 40.0));
        wheel("lanes are scrolled", vec2(60.0, 0.0));
    }

    /// Ten thousand steps: the memory of pictures stays within the budget.
    fn scrubbing(&mut self) {
        let mut random = ChaCha8Rng::seed_from_u64(2);
        let mut most = 0;
        for _ in 0..10_000 {
            self.shell.app_mut().handle(Command::ShowFrame(random.random_range(0..PICTURES)));
            self.frame();
            most = most.max(self.shell.app().pictures().map_or(0, |pictures| pictures.memory_bytes()));
        }
        let budget = self.shell.app().state().settings.picture_budget_bytes;
        println!("10,000 steps: at most {} MB of pictures (budget {} MB)", most >> 20, budget >> 20);
    }

    /// What the process uses when nothing happens.
    fn idle(&mut self) {
        self.events.push(Event::PointerButton {
            pos: pos2(5.0, 5.0),
            button: PointerButton::Primary,
            pressed: false,
            modifiers: egui::Modifiers::NONE,
        });
        self.until_complete();
        for _ in 0..20 {
            self.frame();
        }
        let wants = self.context.has_requested_repaint();
        let cpu = ProcessTime::now();
        std::thread::sleep(Duration::from_secs(2));
        println!("idle: {:.1} ms of CPU in 2 s; asks to be painted: {wants}", cpu.elapsed().as_secs_f64() * 1e3);
    }
}

fn told(what: &str, drawn: &mut [f64]) {
    let [median, p95] = quantiles(drawn);
    println!("Behaviour, while {what}: logic + ui {median:.2} ms median, {p95:.2} ms p95 (goal 4)");
}

/// Median and 95th percentile.
fn quantiles(values: &mut [f64]) -> [f64; 2] {
    values.sort_by(f64::total_cmp);
    [values[values.len() / 2], values[values.len() * 95 / 100]]
}
