//! The detector's settings of each recording, as a person tuned them.

use rusqlite::{OptionalExtension, params};

use super::error::{Fault, StoreError};
use super::project::{Durability, Project};
use crate::model::RecordingId;
use crate::recording::detect::DetectConfig;

impl Project {
    /// The detector's settings of a recording; `None` where nobody changed the usual ones.
    ///
    /// # Errors
    /// When the file cannot be read, or holds settings that this program does not know.
    pub fn detect_config(&self, recording: RecordingId) -> Result<Option<DetectConfig>, StoreError> {
        self.read(|connection| {
            let text: Option<String> = connection
                .prepare_cached("SELECT config FROM detector_settings WHERE recording = ?1")?
                .query_row([recording.0], |row| row.get(0))
                .optional()?;
            let Some(text) = text else { return Ok(None) };
            let config: DetectConfig = serde_json::from_str(&text)
                .map_err(|error| Fault::Malformed(format!("settings of the detector: {error}")))?;
            config.check().map_err(|error| Fault::Malformed(error.to_string()))?;
            Ok(Some(config))
        })
    }

    /// Keeps the detector's settings of a recording; the usual ones leave no trace. What was detected stays until the
    /// recording is detected again.
    ///
    /// # Errors
    /// When a value is outside its range, there is no such recording, or the file cannot be written.
    pub fn set_detect_config(&mut self, recording: RecordingId, config: &DetectConfig) -> Result<(), StoreError> {
        config.check()?;
        self.recording_by_id(recording)?;
        let is_usual = *config == DetectConfig::default();
        let text = serde_json::to_string(config);
        self.write(Durability::Power, |transaction| {
            if is_usual {
                transaction.execute("DELETE FROM detector_settings WHERE recording = ?1", [recording.0])?;
                return Ok(());
            }
            let text = text.map_err(|error| Fault::Malformed(error.to_string()))?;
            transaction.execute(
                "INSERT INTO detector_settings (recording, config) VALUES (?1, ?2) \
                 ON CONFLICT (recording) DO UPDATE SET config = excluded.config",
                params![recording.0, text],
            )?;
            Ok(())
        })
    }
}
