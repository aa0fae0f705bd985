//! What the app remembers between sessions, for one user of one machine: who labels, how it looks, recent projects and where
//! one was in each. Never labels (they are in the project) and never keys of servers.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use serde::{Deserialize, Serialize};

use super::command::Page;
use super::model_choice::ModelChoice;

/// So many projects are remembered.
const RECENT: usize = 12;

/// Dark or light.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Appearance {
    /// Light on dark.
    #[default]
    Dark,
    /// Dark on light.
    Light,
}

/// Where the window was, points.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WindowPlace {
    /// Left and top edge; absent where the system does not say.
    pub position: Option<[f32; 2]>,
    /// Width and height.
    pub size: [f32; 2],
    /// Whether it filled the screen.
    pub maximised: bool,
}

/// A project that was open, and where one was in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Recent {
    /// The project file.
    pub path: PathBuf,
    /// When it was open last, milliseconds since the Unix epoch.
    pub opened_unix_ms: i64,
    /// The recording that was shown.
    #[serde(default)]
    pub recording: Option<String>,
    /// The page.
    #[serde(default)]
    pub page: Page,
    /// The frame.
    #[serde(default)]
    pub frame: u32,
    /// The frames chosen as seeds, where they are not the first ones.
    #[serde(default)]
    pub seed_frames: Vec<u32>,
    /// The residual above which frames are worth a look, px.
    #[serde(default)]
    pub threshold_px: Option<f64>,
}

/// Everything that is remembered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The annotator's name; asked for at the first edit.
    pub annotator: Option<String>,
    /// Dark or light.
    pub appearance: Appearance,
    /// Size of everything, 1 to 2.
    pub scale: f32,
    /// The window.
    pub window: Option<WindowPlace>,
    /// Projects, latest first.
    pub recent: Vec<Recent>,
    /// Bytes of decoded pictures that may be kept.
    pub picture_budget_bytes: u64,
    /// Recordings, by fingerprint, whose slow videos are not to be prepared.
    pub declined_stores: Vec<String>,
    /// Which model is asked, and how.
    pub model: ModelChoice,
    /// The model that is asked about words alone; one without a name stands for `model`.
    pub language_model: ModelChoice,
    /// Hosts other than this machine that may be sent pictures.
    pub allowed_hosts: Vec<String>,
    /// What is drawn under the lanes of the behaviour page, by the ids of measures.
    pub strips: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            annotator: None,
            appearance: Appearance::Dark,
            scale: 1.0,
            window: None,
            recent: Vec::new(),
            // About 90 timepoints of six 2048 × 1400 views in one channel.
            picture_budget_bytes: 1536 * 1024 * 1024,
            declined_stores: Vec::new(),
            model: ModelChoice::default(),
            language_model: ModelChoice::default(),
            allowed_hosts: Vec::new(),
            strips: ["speed", "distance"].map(str::to_owned).to_vec(),
        }
    }
}

impl Settings {
    /// Smallest and largest size of everything.
    pub const SCALES: std::ops::RangeInclusive<f32> = 1.0..=2.0;

    /// Reads the settings; a file that is missing or damaged gives the defaults, since nothing in it is irreplaceable.
    pub fn load(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let mut settings: Self = serde_json::from_str(&text).unwrap_or_default();
        settings.scale = if settings.scale.is_finite() {
            settings.scale.clamp(*Self::SCALES.start(), *Self::SCALES.end())
        } else {
            1.0
        };
        settings
    }

    /// Writes the settings, whole or not at all.
    ///
    /// # Errors
    /// When the folder cannot be made or written.
    pub fn save(&self, path: &Path) -> std::io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let mut draft = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer_pretty(&mut draft, self)?;
        draft.persist(path).map_err(|error| error.error)?;
        Ok(())
    }

    /// What is remembered of a project.
    pub fn recent_of(&self, path: &Path) -> Option<&Recent> {
        self.recent.iter().find(|recent| recent.path == path)
    }

    /// Puts a project on top of the list.
    pub fn remember(&mut self, recent: Recent) {
        self.recent.retain(|other| other.path != recent.path);
        self.recent.insert(0, recent);
        self.recent.truncate(RECENT);
    }

    /// Takes a project off the list.
    pub fn forget(&mut self, path: &Path) {
        self.recent.retain(|recent| recent.path != path);
    }
}

/// Where the settings of this user are kept; `BEHAVIORVLM_SETTINGS` names another file, for tests and kiosks.
pub fn default_path() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("BEHAVIORVLM_SETTINGS") {
        return Some(PathBuf::from(path));
    }
    etcetera::choose_base_strategy().ok().map(|folders| folders.config_dir().join("behaviorvlm/settings.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recent(name: &str) -> Recent {
        Recent {
            path: PathBuf::from(name),
            opened_unix_ms: 1,
            recording: None,
            page: Page::Review,
            frame: 17,
            seed_frames: vec![0, 5],
            threshold_px: Some(2.8),
        }
    }

    #[test]
    fn settings_come_back_and_damage_gives_defaults() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/settings.json");
        let mut settings = Settings { scale: 1.5, ..Settings::default() };
        settings.remember(recent("a"));
        settings.remember(recent("b"));
        settings.remember(recent("a"));
        settings.save(&path).unwrap();
        assert_eq!(Settings::load(&path), settings);
        assert_eq!(settings.recent.iter().map(|recent| recent.path.to_str().unwrap()).collect::<Vec<_>>(), ["a", "b"]);
        std::fs::write(&path, "{ \"scale\": 7.0").unwrap();
        assert_eq!(Settings::load(&path), Settings::default());
        std::fs::write(&path, "{ \"scale\": 7.0 }").unwrap();
        assert_eq!(Settings::load(&path).scale, 2.0);
    }
}
