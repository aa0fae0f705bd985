//! The options that name a model and say how it is asked.

use std::path::Path;

use clap::Args;

use super::console::say_warning;
use crate::jobs::JobError;
use crate::jobs::pose::{ModelOptions, profile_of_file};
use crate::vlm::Profile;
use crate::vlm::http::{Endpoint, KeyringError, Role, Secret};

/// What options about a model stand under in the help.
pub(super) const ASKING: &str = "Asking a model";

#[derive(Debug, Args)]
#[command(next_help_heading = ASKING)]
pub(super) struct ModelArguments {
    /// A model and where it is served, as pose=Qwen/Qwen3.5-27B@http://127.0.0.1:8000 (other roles: caption, merge, embed); several
    /// addresses of one model are all used. The key is taken from BEHAVIORVLM_API_KEY, else from the keyring (see `behaviorvlm key`).
    #[arg(long, value_name = "ROLE=NAME@URL")]
    model: Vec<String>,
    /// What the model's family wants, where its name does not tell: "Qwen3.5-27B", "Qwen3-VL", "Qwen2.5-VL", "Gemini", "GPT",
    /// "Other"; or a JSON file of what differs from the one that fits, as {"max_tokens": 2048}.
    #[arg(long, value_name = "NAME|FILE")]
    profile: Option<String>,
    /// Requests at once, per address.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    concurrency: Option<u16>,
    /// Pause after so many calls.
    #[arg(long, value_name = "CALLS")]
    budget: Option<u64>,
    /// Leave to send pictures to a host that is not this machine.
    #[arg(long, value_name = "HOST")]
    allow_host: Vec<String>,
}

impl ModelArguments {
    /// Refuses models of other roles than these.
    pub fn check_roles(&self, roles: &[Role]) -> anyhow::Result<()> {
        for text in &self.model {
            let (role, _) = Endpoint::parse(text)?;
            if !roles.contains(&role) {
                let known: Vec<&str> = roles.iter().map(|role| role.name()).collect();
                let message =
                    format!("a model for \"{}\" is not asked here, only for {}", role.name(), known.join(" and "));
                return Err(JobError::Model { message }.into());
            }
        }
        Ok(())
    }

    /// What they say of the model of a role; `None` where none was named.
    pub fn options(&self, role: Role) -> anyhow::Result<Option<ModelOptions>> {
        let mut endpoints = Vec::new();
        for text in &self.model {
            let (named, mut endpoint) = Endpoint::parse(text)?;
            endpoint.key = std::env::var(Secret::VARIABLE).ok().and_then(|key| Secret::new(&key));
            endpoint.concurrency = self.concurrency.map_or(endpoint.concurrency, usize::from);
            if named == role {
                endpoints.push(endpoint);
            }
        }
        if endpoints.is_empty() {
            return Ok(None);
        }
        let mut options = ModelOptions::new(endpoints)?;
        if let Some(name) = &self.profile {
            options.profile = profile_named(name, &options.name)?;
        }
        options.allowed_hosts.clone_from(&self.allow_host);
        options.budget = self.budget;
        for (host, kept) in options.take_kept_keys() {
            match kept {
                // Without a keyring there is no key in it.
                Ok(_) | Err(KeyringError::Absent { .. }) => {}
                Err(error) => say_warning(&format!("no key for {host}: {error}")),
            }
        }
        Ok(Some(options))
    }
}

/// The profile of that name, or in that file.
fn profile_named(name: &str, model: &str) -> Result<Profile, JobError> {
    if let Some(preset) = Profile::preset(name) {
        return Ok(preset);
    }
    let path = Path::new(name);
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json")) || path.exists() {
        return profile_of_file(path, model);
    }
    let names: Vec<String> = Profile::presets().into_iter().map(|preset| preset.name).collect();
    let message = format!("\"{name}\" is no profile and no file; there are {}", names.join(", "));
    Err(JobError::Model { message })
}
