//! What a run costs the machine it runs on: processor time per call and memory over a long recording. The program runs as a
//! process of its own beside the *simulated* server, so that nothing of the server is counted; ignored, since they take minutes.
//!
//! By hand, with the release build: `BEHAVIORVLM_PROGRAM=target/release/behaviorvlm cargo test --test it model_run::costs --
//! --ignored --nocapture --test-threads 1`.

use std::process::{Child, Command, Stdio};
use std::time::Instant;

use super::figures::{ring, simulated};
use super::*;

/// Where a run's memory is told, in frames that were asked about.
const MILESTONES: [u32; 6] = [10, 50, 100, 250, 375, 500];

/// By then the database's page cache is full (64 MB, as `store` sets it), which is what grows until then.
const SETTLED: u32 = 250;

/// By so much may the memory of a run grow after that.
const MOST_GROWTH: f64 = 1.1;

/// The program to measure: that of these tests, or another build of it.
fn program() -> PathBuf {
    let named = std::env::var_os("BEHAVIORVLM_PROGRAM");
    named.map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_behaviorvlm")), |named| fs::canonicalize(named).unwrap())
}

/// Begins a run of a project.
fn begun(project: &Path, server: &FakeModel, further: &[&str]) -> Child {
    let named = format!("pose={MODEL}@{}", server.url());
    let mut command = Command::new(program());
    command.args(["pose", text(project), "-q", "--json", "--concurrency", "16", "--model", &named]);
    command.args(further).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap()
}

/// The report of a run that ends.
fn report_of(child: Child) -> serde_json::Value {
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
#[ignore = "measures: processor time per call"]
fn processor_time_per_call() {
    let world = if std::env::var_os("BEHAVIORVLM_DATA").is_some() { ring() } else { simulated(40, 20.0) };
    let server = FakeModel::start(FakeConfig::new(world.player(Confusion::default())));
    println!("| run | calls | CPU ms per call, all of the process | seconds |");
    println!("|---|---|---|---|");
    for (name, further) in [
        ("full", &["--assigner", "vlm"][..]),
        ("full, without stage 4", &["--assigner", "vlm", "--ablate", "refinement"]),
        ("full, regions at once", &["--assigner", "vlm", "--regions-at-once"]),
        ("hybrid", &["--assigner", "hybrid"]),
    ] {
        let project = world.copied(&name.replace([' ', ','], "_")).path().to_owned();
        let started = Instant::now();
        let report = report_of(begun(&project, &server, &[further, &["--frames", "..40"]].concat()));
        let of = |key: &str| report[key].as_f64().unwrap();
        let per_call = of("cpu_ms_per_frame") * of("frames_done") / of("calls");
        println!("| {name} | {} | {per_call:.2} | {:.1} |", report["calls"], started.elapsed().as_secs_f64());
    }
    assert_eq!(server.complaints(), Vec::<String>::new());
}

/// A figure of a process in `/proc/PID/status`, MiB.
fn memory_mib(child: &Child, field: &str) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    Some(line.split_whitespace().next()?.parse::<f64>().ok()? / 1024.0)
}

#[test]
#[ignore = "measures: memory over 500 frames; takes many minutes, and needs /proc"]
fn memory_over_a_long_recording() {
    let frames = std::env::var("BEHAVIORVLM_FRAMES").map_or(500, |frames| frames.parse().unwrap());
    let world = simulated(frames, 60.0);
    let server = FakeModel::start(FakeConfig::new(world.player(Confusion::default())));
    let project = world.copied("long").path().to_owned();
    let started = Instant::now();
    let mut child = begun(&project, &server, &["--assigner", "vlm"]);
    let mut told: Vec<(u32, f64)> = Vec::new();
    let mut most = 0.0_f64;
    println!("| frames asked about | resident MiB | seconds |");
    println!("|---|---|---|");
    while child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(500));
        let asked = server.last_tag().map_or(0, |tag| Tag::parse(&tag).unwrap().frame);
        let Some(resident) = memory_mib(&child, "VmRSS:") else { break };
        most = most.max(resident);
        let next = MILESTONES.into_iter().find(|milestone| told.iter().all(|(told, _)| told < milestone));
        if next.is_some_and(|next| asked >= next - 1) {
            told.push((asked + 1, resident));
            println!("| {} | {resident:.0} | {:.0} |", asked + 1, started.elapsed().as_secs_f64());
        }
    }
    let report = report_of(child);
    println!(
        "{} calls in {:.0} s, {most:.0} MiB at most; {:.2} ms of processor time per call",
        report["calls"],
        started.elapsed().as_secs_f64(),
        report["cpu_ms_per_frame"].as_f64().unwrap() * report["frames_done"].as_f64().unwrap()
            / report["calls"].as_f64().unwrap()
    );
    assert_eq!(told.len(), MILESTONES.into_iter().filter(|milestone| *milestone <= frames).count());
    let settled = told.iter().find(|(frame, _)| *frame >= SETTLED).map(|(_, resident)| *resident);
    assert!(
        told.iter().all(|(_, resident)| settled.is_none_or(|settled| *resident <= MOST_GROWTH * settled)),
        "{told:?}"
    );
}
