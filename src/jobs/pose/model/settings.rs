//! Which model is asked, and how.

use std::io::Read;
use std::path::Path;

use crate::jobs::JobError;
use crate::vlm::Profile;
use crate::vlm::http::{Client, Endpoint, KeyringError, Limits, Secret, Stop};

/// A model and how it is asked.
#[derive(Clone, Debug)]
pub struct ModelOptions {
    /// Its name: an answer of another model is another answer.
    pub name: String,
    /// Where it is served; without any, only answers that the project has count, and nothing is sent.
    pub endpoints: Vec<Endpoint>,
    /// What its family wants.
    pub profile: Profile,
    /// How long, how often, how much.
    pub limits: Limits,
    /// Hosts other than this machine that may be sent pictures.
    pub allowed_hosts: Vec<String>,
    /// Most calls before the run pauses.
    pub budget: Option<u64>,
    /// Whether all regions of a view are asked for in one call of stage 1.
    pub regions_at_once: bool,
    /// Share of the confident labels that a hybrid run asks about too, in per cent, to learn how far the model agrees.
    pub audit_pct: f64,
}

impl ModelOptions {
    /// Share of confident labels that is looked at where nobody says, per cent.
    pub const AUDIT_PCT: f64 = 2.0;

    /// These endpoints, with the profile that fits the model's name and every default.
    ///
    /// # Errors
    /// Without an endpoint, or where they have models of different names.
    pub fn new(endpoints: Vec<Endpoint>) -> Result<Self, JobError> {
        let message = |message: &str| JobError::Model { message: message.to_owned() };
        let Some(first) = endpoints.first() else { return Err(message("No endpoint was given.")) };
        if endpoints.iter().any(|endpoint| endpoint.model != first.model) {
            return Err(message(
                "The endpoints of a run have to serve one model: name the same one for each, so that every answer is from it.",
            ));
        }
        let (name, profile) = (first.model.clone(), Profile::for_model(&first.model));
        Ok(Self { endpoints, ..Self::recorded(name, profile) })
    }

    /// A model that is not there any more, of which the project has answers.
    pub fn recorded(name: String, profile: Profile) -> Self {
        Self {
            name,
            endpoints: Vec::new(),
            profile,
            limits: Limits::default(),
            allowed_hosts: Vec::new(),
            budget: None,
            regions_at_once: false,
            audit_pct: Self::AUDIT_PCT,
        }
    }

    /// Gives endpoints without a key the one that the keyring has for their host. May wait for a person who unlocks it. What
    /// was found for each host: a key, none, or why it is not known.
    pub fn take_kept_keys(&mut self) -> Vec<(String, Result<bool, KeyringError>)> {
        let mut found: Vec<(String, Result<Option<Secret>, KeyringError>)> = Vec::new();
        for endpoint in self.endpoints.iter_mut().filter(|endpoint| endpoint.key.is_none()) {
            let host = endpoint.host();
            if found.iter().all(|(known, _)| *known != host) {
                found.push((host.clone(), Secret::kept_for(&host)));
            }
            let kept = found.iter().find(|(known, _)| *known == host).and_then(|(_, kept)| kept.as_ref().ok());
            endpoint.key = kept.cloned().flatten();
        }
        found.into_iter().map(|(host, kept)| (host, kept.map(|key| key.is_some()))).collect()
    }

    /// A client, unless nothing is to be sent.
    pub(in crate::jobs) fn client(&self, stop: &Stop) -> Result<Option<Client>, JobError> {
        if self.endpoints.is_empty() {
            return Ok(None);
        }
        let (endpoints, profile) = (self.endpoints.clone(), self.profile.clone());
        Client::new(endpoints, profile, self.limits.clone(), &self.allowed_hosts, stop.clone())
            .map(Some)
            .map_err(|error| JobError::Model { message: error.to_string() })
    }
}

/// Longer than any profile, bytes.
const LONGEST_PROFILE: u64 = 1 << 20;

/// The profile in a JSON file, for a model of that name; see [`Profile::over_preset`].
///
/// # Errors
/// When the file cannot be read or holds no profile; its path is named.
pub fn profile_of_file(path: &Path, model: &str) -> Result<Profile, JobError> {
    let told = |reason: String| JobError::Model {
        message: format!("the profile {} cannot be used: {reason}", path.display()),
    };
    let unreadable = |error: std::io::Error| told(error.to_string());
    // A device or a pipe might never end.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(told("it is no file".to_owned()));
    }
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(LONGEST_PROFILE).read_to_string(&mut text).map_err(unreadable)?;
    Profile::over_preset(&text, model).map_err(|error| told(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_without_a_key_get_the_one_that_is_kept_for_their_host() {
        let (given, kept) = (Secret::new("sk-given"), Secret::new("sk-kept"));
        kept.as_ref().unwrap().keep_for("settings.example.org").unwrap();
        let urls = ["https://settings.example.org", "https://settings.example.org:81", "https://bare.example.org"];
        let mut endpoints = urls.map(|url| Endpoint::new("m", url).unwrap()).to_vec();
        endpoints[1].key.clone_from(&given);
        let mut options = ModelOptions::new(endpoints).unwrap();
        let found = options.take_kept_keys();
        assert_eq!(found, [("settings.example.org".to_owned(), Ok(true)), ("bare.example.org".to_owned(), Ok(false))]);
        let keys: Vec<_> = options.endpoints.iter().map(|endpoint| endpoint.key.clone()).collect();
        assert_eq!(keys, [kept, given, None]);
    }
}
