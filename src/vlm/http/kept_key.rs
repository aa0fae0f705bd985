//! Keys in the keyring of the operating system, one per host: the Secret Service on Linux, the Keychain on macOS, the Credential
//! Manager on Windows. This file alone knows the library.
//!
//! A call may wait for a person who unlocks the keyring, so it is none for a thread that must not wait. Where no keyring runs
//! that is an error of its own, [`KeyringError::Absent`], with which a run goes on as if there were no key.

use keyring::{Entry, Error};

use super::endpoint::Secret;

/// The name under which the keyring lists the keys.
const SERVICE: &str = "behaviorvlm";

/// Why the keyring does not do what it is asked for. The key stands in none of it.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum KeyringError {
    /// There is none, or it cannot be reached.
    #[error(
        "No keyring can be reached here ({reason}). Set {variable} instead, or enter the key for the session.",
        variable = Secret::VARIABLE
    )]
    Absent {
        /// The library's words.
        reason: String,
    },
    /// It is locked and was not unlocked, or fails.
    #[error("The keyring does not open ({reason}).")]
    Refused {
        /// The library's words.
        reason: String,
    },
}

impl Secret {
    /// The key that the keyring has for a host; `None` where it has none.
    ///
    /// # Errors
    /// Without a keyring, or when it does not open.
    pub fn kept_for(host: &str) -> Result<Option<Self>, KeyringError> {
        match entry(host).and_then(|entry| entry.get_password()) {
            Ok(key) => Ok(Self::new(&key)),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(words(&error)),
        }
    }

    /// Puts the key into the keyring, instead of the one that it has for the host.
    ///
    /// # Errors
    /// Without a keyring, or when it does not open.
    pub fn keep_for(&self, host: &str) -> Result<(), KeyringError> {
        entry(host).and_then(|entry| entry.set_password(self.expose())).map_err(|error| words(&error))
    }

    /// Takes the key for a host out of the keyring; whether there was one.
    ///
    /// # Errors
    /// Without a keyring, or when it does not open.
    pub fn forget_for(host: &str) -> Result<bool, KeyringError> {
        match entry(host).and_then(|entry| entry.delete_credential()) {
            Ok(()) => Ok(true),
            Err(Error::NoEntry) => Ok(false),
            Err(error) => Err(words(&error)),
        }
    }
}

fn words(error: &Error) -> KeyringError {
    match error {
        Error::NoDefaultStore => {
            let why = Entry::store_status().as_ref().err().unwrap_or(error);
            KeyringError::Absent { reason: why.to_string() }
        }
        error => KeyringError::Refused { reason: error.to_string() },
    }
}

#[cfg(not(test))]
fn entry(host: &str) -> keyring::Result<Entry> {
    Entry::new(SERVICE, host)
}

/// Tests have a keyring of their own, in memory.
#[cfg(test)]
fn entry(host: &str) -> keyring::Result<Entry> {
    Ok(Entry { inner: keyring_core::api::CredentialStoreApi::build(&**tests::store(), SERVICE, host, None)? })
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, OnceLock};

    use keyring_core::mock::{Cred, Store};

    use super::*;

    pub fn store() -> &'static Arc<Store> {
        static STORE: OnceLock<Arc<Store>> = OnceLock::new();
        STORE.get_or_init(|| Store::new().unwrap())
    }

    fn fail_once(host: &str, error: Error) {
        let entry = entry(host).unwrap().inner;
        entry.as_any().downcast_ref::<Cred>().unwrap().set_error(error);
    }

    #[test]
    fn a_host_has_the_key_that_was_kept_for_it() {
        let (host, key) = ("kept.example.org", Secret::new("sk-one").unwrap());
        assert_eq!(Secret::kept_for(host), Ok(None));
        assert_eq!(Secret::forget_for(host), Ok(false));
        key.keep_for(host).unwrap();
        assert_eq!(Secret::kept_for(host), Ok(Some(key.clone())));
        assert_eq!(Secret::kept_for("other.example.org"), Ok(None));
        Secret::new("sk-two").unwrap().keep_for(host).unwrap();
        assert_eq!(Secret::kept_for(host), Ok(Secret::new("sk-two")));
        assert_eq!(Secret::forget_for(host), Ok(true));
        assert_eq!(Secret::kept_for(host), Ok(None));
    }

    #[test]
    fn a_keyring_that_does_not_open_is_told_from_none() {
        let (host, key) = ("locked.example.org", Secret::new("sk-locked").unwrap());
        key.keep_for(host).unwrap();
        fail_once(host, Error::NoStorageAccess("the prompt was dismissed".into()));
        let error = Secret::kept_for(host).unwrap_err();
        assert!(matches!(error, KeyringError::Refused { .. }), "{error:?}");
        assert!(error.to_string().contains("does not open") && error.to_string().contains("dismissed"), "{error}");
        fail_once(host, Error::NoDefaultStore);
        let error = Secret::kept_for(host).unwrap_err();
        assert!(matches!(error, KeyringError::Absent { .. }), "{error:?}");
        assert!(error.to_string().contains(Secret::VARIABLE), "{error}");
        // What cannot be read as text is shown to nobody either.
        fail_once(host, Error::BadEncoding(b"sk-locked".to_vec()));
        assert!(!format!("{:?}", Secret::kept_for(host)).contains("sk-locked"));
        assert_eq!(Secret::kept_for(host), Ok(Some(key)));
    }
}
