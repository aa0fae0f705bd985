//! Which model a run asks, as a person typed it, and what is wrong with that. All of it is kept in the settings but the key,
//! which is entered anew, or comes from the environment or the keyring, and is never written to a file.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::state::sentence;
use crate::jobs::pose::{Assigner, ModelOptions, ModelSettings, profile_of_file};
use crate::vlm::Profile;
use crate::vlm::http::{CONCURRENCY, Endpoint, EndpointError, Secret, is_local};

/// Most requests at once that make sense per address.
const MOST_AT_ONCE: usize = 1024;

/// A profile that is none of the presets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OwnProfile {
    /// In the JSON file of that path.
    File(String),
    /// As an earlier run was asked for, whose profile is in no file and no preset any more.
    Run(Box<Profile>),
}

/// A model and how it is asked; numbers as they were typed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelChoice {
    /// The model's name as its server knows it.
    pub name: String,
    /// Where it is served: one address per line, or with commas between.
    pub addresses: String,
    /// The profile's name; `None` takes the one that fits the model's name.
    pub profile: Option<String>,
    /// A profile in its place.
    pub own_profile: Option<OwnProfile>,
    /// What its file held when it was read last, or what was wrong with it; see [`Self::read_profile`].
    #[serde(skip)]
    pub read_profile: Option<Result<Profile, String>>,
    /// Requests at once, per address.
    pub at_once: String,
    /// Most calls before the run pauses; empty for no limit.
    pub budget: String,
    /// Whether all regions of a view are asked for in one call.
    pub regions_at_once: bool,
    /// Share of what the geometry is sure of that a hybrid run asks about too, per cent.
    pub audit_pct: String,
    /// Price of a million tokens that are sent; empty where nobody knows.
    pub price_in: String,
    /// Price of a million tokens that come back.
    pub price_out: String,
}

impl Default for ModelChoice {
    fn default() -> Self {
        Self {
            name: String::new(),
            addresses: String::new(),
            profile: None,
            own_profile: None,
            read_profile: None,
            at_once: CONCURRENCY.to_string(),
            budget: String::new(),
            regions_at_once: false,
            audit_pct: ModelOptions::AUDIT_PCT.to_string(),
            price_in: String::new(),
            price_out: String::new(),
        }
    }
}

/// A field of a [`ModelChoice`] in which something may be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelField {
    /// The name.
    Name,
    /// The addresses.
    Addresses,
    /// The profile's file.
    Profile,
    /// Requests at once.
    AtOnce,
    /// Most calls.
    Budget,
    /// The audited share.
    Audit,
    /// Price of what is sent.
    PriceIn,
    /// Price of what comes back.
    PriceOut,
}

/// What is wrong with an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Where.
    pub field: ModelField,
    /// What, and what to write.
    pub words: String,
    /// Whether nothing was entered yet, which is no mistake but has to be done.
    pub is_missing: bool,
}

impl ModelChoice {
    /// The addresses, one by one.
    pub fn listed_addresses(&self) -> impl Iterator<Item = &str> {
        self.addresses.split([',', '\n']).map(str::trim).filter(|address| !address.is_empty())
    }

    /// The profile that it is asked by, with the prices.
    pub fn profile(&self) -> Profile {
        let chosen = match &self.own_profile {
            Some(OwnProfile::File(_)) => self.read_profile.clone().and_then(Result::ok),
            Some(OwnProfile::Run(profile)) => Some((**profile).clone()),
            None => self.profile.as_deref().and_then(Profile::preset),
        };
        let mut profile = chosen.unwrap_or_else(|| Profile::for_model(self.name.trim()));
        // A file may hold prices too; those that were typed go before.
        profile.price_in = price(&self.price_in).ok().flatten().or(profile.price_in);
        profile.price_out = price(&self.price_out).ok().flatten().or(profile.price_out);
        profile
    }

    /// Reads the profile's file, where there is one: what the other methods say is of this reading.
    pub fn read_profile(&mut self) {
        self.read_profile = match &self.own_profile {
            Some(OwnProfile::File(path)) if !path.trim().is_empty() => {
                let read = profile_of_file(Path::new(path.trim()), self.name.trim());
                Some(read.map_err(|error| sentence(error.to_string())))
            }
            _ => None,
        };
    }

    /// This choice with all that decides a run's result as it was for that run.
    #[must_use]
    pub fn restored(&self, run: &ModelSettings) -> Self {
        let as_run = Self {
            name: run.name.clone(),
            regions_at_once: run.regions_at_once,
            audit_pct: run.audit_pct.to_string(),
            ..self.clone()
        };
        let with = |profile: Option<String>, own_profile: Option<OwnProfile>| Self {
            profile,
            own_profile,
            read_profile: None,
            ..as_run.clone()
        };
        // What a file holds depends on the model's name.
        let is_kept = self.own_profile.is_none() || self.name.trim() == run.name;
        let kept = is_kept.then(|| as_run.clone());
        let candidates = kept.into_iter().chain([with(None, None), with(Some(run.profile.name.clone()), None)]);
        let wanted = run.profile.without_prices();
        let found = candidates.into_iter().find(|choice| choice.profile().without_prices() == wanted);
        found.unwrap_or_else(|| with(None, Some(OwnProfile::Run(Box::new(wanted)))))
    }

    /// Everything that keeps a run from asking this model.
    pub fn problems(&self, assigner: Assigner) -> Vec<Wrong> {
        let mut found = Vec::new();
        let mut add = |field, words: String, is_missing| found.push(Wrong { field, words, is_missing });
        if self.name.trim().is_empty() {
            add(ModelField::Name, "Write the model's name, as its server knows it.".to_owned(), true);
        }
        if self.listed_addresses().next().is_none() {
            add(ModelField::Addresses, "Write the address of the model's server.".to_owned(), true);
        }
        if let Err(words) = self.endpoints() {
            add(ModelField::Addresses, words, false);
        }
        match (&self.own_profile, &self.read_profile) {
            (Some(OwnProfile::File(_)), None) => {
                add(ModelField::Profile, "Write the path of the profile's file.".to_owned(), true);
            }
            (Some(OwnProfile::File(_)), Some(Err(words))) => add(ModelField::Profile, words.clone(), false),
            _ => {}
        }
        if at_once(&self.at_once).is_none() {
            add(ModelField::AtOnce, format!("Requests at once: write 1 to {MOST_AT_ONCE}."), false);
        }
        if budget(&self.budget).is_err() {
            add(ModelField::Budget, "Calls until the pause: write a number, or nothing.".to_owned(), false);
        }
        if assigner == Assigner::Hybrid && audit_pct(&self.audit_pct).is_none() {
            add(ModelField::Audit, "Sure labels asked about: write 0 to 100 %.".to_owned(), false);
        }
        for (field, text) in [(ModelField::PriceIn, &self.price_in), (ModelField::PriceOut, &self.price_out)] {
            if price(text).is_err() {
                add(field, "A price is a number. Leave it empty if unknown.".to_owned(), false);
            }
        }
        found
    }

    /// Where the model is served, or what is wrong with the first address that is none.
    fn endpoints(&self) -> Result<Vec<Endpoint>, String> {
        let count = self.listed_addresses().count();
        let number = |index: usize| if count > 1 { format!("Address {}: ", index + 1) } else { String::new() };
        let read = |(index, address): (usize, &str)| {
            Endpoint::new(self.name.trim(), address).map_err(|error| number(index) + &address_words(address, &error))
        };
        self.listed_addresses().enumerate().map(read).collect()
    }

    /// How the model is asked, with a key and the hosts that may be sent pictures; or everything that keeps it from that.
    ///
    /// # Errors
    /// See [`Self::problems`].
    pub fn options(
        &self,
        assigner: Assigner,
        key: Option<&Secret>,
        allowed_hosts: &[String],
    ) -> Result<ModelOptions, Vec<Wrong>> {
        let problems = self.problems(assigner);
        if !problems.is_empty() {
            return Err(problems);
        }
        let wrong = |words: String| vec![Wrong { field: ModelField::Addresses, words, is_missing: false }];
        let mut endpoints = self.endpoints().map_err(wrong)?;
        for endpoint in &mut endpoints {
            endpoint.key = key.cloned();
            endpoint.concurrency = at_once(&self.at_once).unwrap_or(CONCURRENCY);
        }
        let mut options = ModelOptions::new(endpoints).map_err(|error| wrong(error.to_string()))?;
        options.profile = self.profile();
        options.allowed_hosts = allowed_hosts.to_vec();
        options.budget = budget(&self.budget).ok().flatten();
        options.regions_at_once = self.regions_at_once;
        options.audit_pct = audit_pct(&self.audit_pct).unwrap_or(ModelOptions::AUDIT_PCT);
        Ok(options)
    }

    /// Hosts of the addresses, each once.
    pub fn hosts(&self) -> Vec<String> {
        let mut hosts: Vec<String> = Vec::new();
        for host in self.endpoints().unwrap_or_default().iter().map(Endpoint::host) {
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        hosts
    }

    /// Those that are not this machine.
    pub fn foreign_hosts(&self) -> Vec<String> {
        self.hosts().into_iter().filter(|host| !is_local(host)).collect()
    }

    /// What may be written to a file: an address that is not sound may hold a key, so `before`'s addresses are kept then.
    pub fn keepable(&self, before: &Self) -> Self {
        let mut kept = self.clone();
        if self.endpoints().is_err() {
            kept.addresses.clone_from(&before.addresses);
        }
        kept
    }
}

/// Whether a host is among those that may be sent pictures.
pub fn is_allowed(allowed: &[String], host: &str) -> bool {
    allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(host))
}

/// What is wrong with an address, in a person's words.
fn address_words(address: &str, error: &EndpointError) -> String {
    if !address.starts_with("http://") && !address.starts_with("https://") {
        return "An address begins with http:// or https://, as http://127.0.0.1:8000.".to_owned();
    }
    match error {
        EndpointError::Credentials { .. } => {
            format!("An address must not hold a key or a password. Enter the key below, or set {}.", Secret::VARIABLE)
        }
        EndpointError::Url { reason, .. } => format!("This is no address: {reason}."),
        EndpointError::Form | EndpointError::Role(_) => sentence(error.to_string()),
    }
}

fn at_once(text: &str) -> Option<usize> {
    text.trim().parse().ok().filter(|count| (1..=MOST_AT_ONCE).contains(count))
}

/// The most calls of an entry; none where it is empty.
pub(super) fn budget(text: &str) -> Result<Option<u64>, ()> {
    match text.trim() {
        "" => Ok(None),
        text => text.parse().ok().filter(|calls| *calls > 0).map(Some).ok_or(()),
    }
}

fn audit_pct(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|share| (0.0..=100.0).contains(share))
}

fn price(text: &str) -> Result<Option<f64>, ()> {
    match text.trim() {
        "" => Ok(None),
        text => text.parse().ok().filter(|price: &f64| price.is_finite() && *price >= 0.0).map(Some).ok_or(()),
    }
}

/// The key of model servers: one that was entered for this session, else one from the environment, else what the keyring has
/// for a server's host; that is read by whoever asks the server, on a thread that may wait, and is not held here.
#[derive(Clone, Debug, Default)]
pub struct ModelKey {
    /// What `BEHAVIORVLM_API_KEY` held when the app began.
    pub from_environment: Option<Secret>,
    /// What was entered.
    pub entered: Option<Secret>,
    /// Whether the keyring had a key for a host when it was last looked into.
    pub kept: BTreeMap<String, bool>,
    /// Whether a person asked something of the keyring that it has not done yet: it may be locked.
    pub is_waiting: bool,
}

impl ModelKey {
    /// The key of the environment alone.
    pub fn of_environment() -> Self {
        let from_environment = std::env::var(Secret::VARIABLE).ok().and_then(|key| Secret::new(&key));
        Self { from_environment, ..Self::default() }
    }

    /// The key that is used for every host.
    pub fn secret(&self) -> Option<&Secret> {
        self.entered.as_ref().or(self.from_environment.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(name: &str, addresses: &str) -> ModelChoice {
        ModelChoice { name: name.to_owned(), addresses: addresses.to_owned(), ..ModelChoice::default() }
    }

    /// The problems of a choice, missing entries in brackets.
    #[track_caller]
    fn check(choice: &ModelChoice, assigner: Assigner, expected: &[&str]) {
        let found: Vec<String> = choice
            .problems(assigner)
            .into_iter()
            .map(|wrong| if wrong.is_missing { format!("({})", wrong.words) } else { wrong.words })
            .collect();
        assert_eq!(found, expected, "{choice:?}");
    }

    #[test]
    fn what_is_wrong_is_said_in_plain_words() {
        check(&choice("m", "http://127.0.0.1:8000"), Assigner::Vlm, &[]);
        check(
            &ModelChoice::default(),
            Assigner::Vlm,
            &["(Write the model's name, as its server knows it.)", "(Write the address of the model's server.)"],
        );
        let scheme = "An address begins with http:// or https://, as http://127.0.0.1:8000.";
        check(&choice("m", "localhost:8000"), Assigner::Vlm, &[scheme]);
        check(&choice("m", "http://a\nftp://b"), Assigner::Vlm, &[&format!("Address 2: {scheme}")]);
        check(&choice("m", "http://h:port"), Assigner::Vlm, &["This is no address: invalid port number."]);
        let mut wrong = choice("m", "http://a");
        (wrong.at_once, wrong.budget, wrong.audit_pct, wrong.price_in) =
            ("0".to_owned(), "-1".to_owned(), "101".to_owned(), "free".to_owned());
        let rest = "A price is a number. Leave it empty if unknown.";
        let (number, budget) =
            ("Requests at once: write 1 to 1024.", "Calls until the pause: write a number, or nothing.");
        check(&wrong, Assigner::Vlm, &[number, budget, rest]);
        check(&wrong, Assigner::Hybrid, &[number, budget, "Sure labels asked about: write 0 to 100 %.", rest]);
    }

    #[test]
    fn options_are_what_was_chosen() {
        let mut typed =
            choice(" Qwen/Qwen3-VL-8B ", "http://127.0.0.1:8000, https://gpu-node/v1\n\nhttp://GPU-NODE:81");
        (typed.at_once, typed.budget, typed.price_in) = (" 16".to_owned(), "900".to_owned(), "0.3".to_owned());
        typed.regions_at_once = true;
        let key = Secret::new("sk-123");
        let options = typed.options(Assigner::Hybrid, key.as_ref(), &["gpu-node".to_owned()]).unwrap();
        let urls: Vec<&str> = options.endpoints.iter().map(|endpoint| endpoint.base_url.as_str()).collect();
        assert_eq!(urls, ["http://127.0.0.1:8000/v1", "https://gpu-node/v1", "http://gpu-node:81/v1"]);
        assert!(options.endpoints.iter().all(|endpoint| endpoint.key == key && endpoint.concurrency == 16));
        assert_eq!((options.name.as_str(), options.profile.name.as_str()), ("Qwen/Qwen3-VL-8B", "Qwen3-VL"));
        assert_eq!((options.budget, options.regions_at_once, options.audit_pct), (Some(900), true, 2.0));
        assert_eq!((options.profile.price_in, options.profile.price_out), (Some(0.3), None));
        assert_eq!(options.allowed_hosts, ["gpu-node"]);
        assert_eq!(typed.foreign_hosts(), ["gpu-node"]);
        typed.profile = Some("Gemini".to_owned());
        assert_eq!(typed.profile().name, "Gemini");
    }

    #[test]
    fn a_profile_is_read_from_its_file_when_that_is_asked_for() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("mine.json");
        let mut typed = choice("Qwen/Qwen3.5-27B", "http://a");
        typed.own_profile = Some(OwnProfile::File(String::new()));
        typed.read_profile();
        check(&typed, Assigner::Vlm, &["(Write the path of the profile's file.)"]);
        typed.own_profile = Some(OwnProfile::File(path.display().to_string()));
        std::fs::write(&path, r#"{"max_tokens": "many"}"#).unwrap();
        typed.read_profile();
        let found = typed.problems(Assigner::Vlm);
        assert!(found[0].words.contains("mine.json") && found[0].words.contains("\"max_tokens\""), "{found:?}");
        assert!(typed.options(Assigner::Vlm, None, &[]).is_err());

        std::fs::write(&path, r#"{"max_tokens": 300, "price_in": 2, "price_out": 3}"#).unwrap();
        typed.price_out = "4".to_owned();
        assert!(!typed.problems(Assigner::Vlm).is_empty(), "it is read when that is asked for alone");
        typed.read_profile();
        let profile = typed.options(Assigner::Vlm, None, &[]).unwrap().profile;
        assert_eq!((profile.max_tokens, profile.price_in, profile.price_out), (300, Some(2.0), Some(4.0)));
        assert_eq!(profile.thinking, Profile::for_model(&typed.name).thinking);
        // The choice is kept, what was read is not.
        let kept: ModelChoice = serde_json::from_str(&serde_json::to_string(&typed).unwrap()).unwrap();
        assert_eq!(kept, ModelChoice { read_profile: None, ..typed });
    }

    #[test]
    fn a_run_is_restored_with_the_profile_that_it_had() {
        let run = |profile: Profile| ModelSettings {
            name: "Qwen/Qwen3-VL-8B".to_owned(),
            profile,
            prompts: Vec::new(),
            regions_at_once: true,
            without_regions: false,
            audit_pct: 7.5,
        };
        let typed = ModelChoice {
            profile: Some("Gemini".to_owned()),
            price_in: "0.3".to_owned(),
            budget: "40".to_owned(),
            ..choice("another", "http://a")
        };
        let restored = |profile: &Profile| {
            let restored = typed.restored(&run(profile.clone()));
            assert_eq!((restored.name.as_str(), restored.audit_pct.as_str()), ("Qwen/Qwen3-VL-8B", "7.5"));
            assert!(restored.regions_at_once);
            assert_eq!((restored.addresses.as_str(), restored.budget.as_str()), ("http://a", "40"));
            assert_eq!(restored.profile(), Profile { price_in: Some(0.3), ..profile.clone() });
            (restored.profile.clone(), restored.own_profile)
        };
        let preset = |name: &str| Profile::preset(name).unwrap();
        assert_eq!(restored(&preset("Gemini")), (Some("Gemini".to_owned()), None));
        assert_eq!(restored(&preset("Qwen3-VL")), (None, None));
        assert_eq!(restored(&preset("GPT")), (Some("GPT".to_owned()), None));
        let own = Profile { max_tokens: 77, ..preset("GPT") };
        assert_eq!(restored(&own), (None, Some(OwnProfile::Run(Box::new(own.clone())))));
    }

    #[test]
    fn nothing_that_may_be_a_key_is_kept() {
        let before = choice("m", "http://a");
        for address in ["https://me:sk-123@x.org", "https://x.org/v1?key=sk-123", "https://me:sk-123", "sk-123"] {
            let kept = choice("n", address).keepable(&before);
            assert_eq!((kept.name.as_str(), kept.addresses.as_str()), ("n", "http://a"), "{address}");
        }
        assert_eq!(choice("n", "http://b").keepable(&before).addresses, "http://b");
    }
}
