//! The application's own secrets, and the only place where anything is encrypted with them.
//!
//! Each secret of `PORTICO_SECRET` gives one key for each [`Purpose`] (HKDF-SHA256, RFC 5869), so
//! that what was sealed for one purpose never opens as another. Sealing is AES-256-GCM-SIV
//! (RFC 8452), which stays safe if a random nonce should ever repeat. Whatever is sealed is bound
//! to its place by associated data: tokens to their session, a cookie to its name.
//!
//! A sealed value reads `version (1 byte) ‖ key id (4) ‖ nonce (12) ‖ ciphertext ‖ tag (16)`.

use aws_lc_rs::{
    aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf, rand,
};
use base64::{
    Engine as _,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};
use std::{fmt, sync::Arc};

/// The shortest secret taken, in bytes: what HKDF-SHA256 makes keys of 256 bits from.
pub const SHORTEST_SECRET: usize = 32;

const VERSION: u8 = 1;
const KEY_ID_LEN: usize = 4;
const HEADER_LEN: usize = 1 + KEY_ID_LEN;
/// The length of an Ed25519 seed (RFC 8032), in bytes.
const SEED_LEN: usize = 32;

/// What something is encrypted for. Each purpose has a key of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The tokens of a session, at rest in the database.
    SessionTokens,
    /// A sign-in under way, in a cookie.
    Transaction,
    /// A form that is kept while its person confirms with a second factor, in the database.
    KeptForm,
}

impl Purpose {
    const ALL: [Self; 3] = [Self::SessionTokens, Self::Transaction, Self::KeptForm];

    /// What HKDF derives the key from. Never change one: nothing sealed before would open.
    const fn label(self) -> &'static [u8] {
        match self {
            Self::SessionTokens => b"portico session tokens v1",
            Self::Transaction => b"portico sign-in transaction v1",
            Self::KeptForm => b"portico kept form v1",
        }
    }
}

/// Why secrets cannot be used. It says which one by its place in the list and never shows it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretsError {
    /// The list is empty.
    #[error("it holds no secret")]
    Missing,
    /// A secret is neither base64 nor base64url.
    #[error("secret number {position} is neither base64 nor base64url")]
    NotBase64 {
        /// Its place in the list, from 1.
        position: usize,
    },
    /// A secret has too few bytes.
    #[error("secret number {position} has {bytes} bytes, and at least {SHORTEST_SECRET} are needed")]
    TooShort {
        /// Its place in the list, from 1.
        position: usize,
        /// How many bytes it has.
        bytes: usize,
    },
}

/// Encrypts with the first secret and decrypts with all, so that a secret is replaced by putting
/// the new one in front and taking the old one away once nothing sealed with it is alive.
///
/// Cheap to clone: all clones share the keys.
#[derive(Clone)]
pub struct Keyring {
    keys: Arc<[Key]>,
}

/// The keys made of one secret.
struct Key {
    /// Tells which secret sealed a value; it is derived and gives nothing of the secret away.
    id: [u8; KEY_ID_LEN],
    /// In the order of [`Purpose::ALL`].
    by_purpose: [LessSafeKey; 3],
    /// The seed of the key pair that people's connections to the database sign in with (Ed25519).
    person_seed: Zeroizing<[u8; SEED_LEN]>,
}

impl Keyring {
    /// Takes secrets in base64 or base64url, padded or not, of at least [`SHORTEST_SECRET`] bytes.
    /// The first one encrypts, all of them decrypt.
    ///
    /// # Errors
    /// There is none, or one is not base64 or too short.
    pub fn new(secrets: &[SecretString]) -> Result<Self, SecretsError> {
        if secrets.is_empty() {
            return Err(SecretsError::Missing);
        }
        let keys = secrets.iter().zip(1..).map(|(secret, position)| {
            let bytes = decode(secret.expose_secret()).ok_or(SecretsError::NotBase64 { position })?;
            if bytes.len() < SHORTEST_SECRET {
                return Err(SecretsError::TooShort { position, bytes: bytes.len() });
            }
            Ok(Key::derive(&bytes))
        });
        Ok(Self { keys: keys.collect::<Result<_, _>>()? })
    }

    /// Encrypts `plain`. Only the same `purpose` and `associated` data open it again.
    pub fn seal(&self, purpose: Purpose, associated: &[u8], plain: &[u8]) -> Vec<u8> {
        // `new` takes no empty list.
        let key = &self.keys[0];
        let mut nonce = [0; NONCE_LEN];
        // The system's random source failing means that nothing here can be done safely.
        rand::fill(&mut nonce).expect("the system has random numbers");

        let tag_len = AES_256_GCM_SIV.tag_len();
        let mut sealed = Vec::with_capacity(HEADER_LEN + NONCE_LEN + plain.len() + tag_len);
        sealed.push(VERSION);
        sealed.extend_from_slice(&key.id);
        let aad = associated_data(&sealed, associated);
        sealed.extend_from_slice(&nonce);
        let start = sealed.len();
        sealed.extend_from_slice(plain);
        // `start` was its length a moment ago, and nothing sealed here comes near the limit.
        let tag = key
            .of(purpose)
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), &mut sealed[start..])
            .expect("AES-GCM-SIV takes texts of up to 64 GiB");
        sealed.extend_from_slice(tag.as_ref());
        sealed
    }

    /// The seeds of the key pairs that sign in people's connections to the database, one a secret. The
    /// first signs, all are accepted.
    pub fn person_seeds(&self) -> impl Iterator<Item = &[u8; SEED_LEN]> {
        self.keys.iter().map(|key| &*key.person_seed)
    }

    /// Decrypts what [`seal`](Self::seal) made, with any of the secrets; nothing if it was changed,
    /// cut, sealed for something else, or with a secret that is no longer in the list.
    pub fn open(&self, purpose: Purpose, associated: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (header, rest) = sealed.split_at_checked(HEADER_LEN)?;
        let (nonce, ciphertext) = rest.split_at_checked(NONCE_LEN)?;
        let (&version, key_id) = header.split_first()?;
        if version != VERSION {
            return None;
        }
        let aad = associated_data(header, associated);
        // Two secrets may share a key id by chance, so each that has it is tried.
        self.keys.iter().filter(|key| key.id == key_id).find_map(|key| {
            let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
            let mut text = ciphertext.to_vec();
            let length = key.of(purpose).open_in_place(nonce, Aad::from(aad.as_slice()), &mut text).ok()?.len();
            text.truncate(length);
            Some(text)
        })
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("secrets", &self.keys.len()).finish_non_exhaustive()
    }
}

impl Key {
    fn derive(secret: &[u8]) -> Self {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"portico").extract(secret);
        let mut id = [0; KEY_ID_LEN];
        // Neither length comes near what HKDF gives at most: 255 hashes (RFC 5869, section 2.3).
        prk.expand(&[b"portico key id v1"], Length(KEY_ID_LEN))
            .and_then(|okm| okm.fill(&mut id))
            .expect("HKDF-SHA256 gives up to 8160 bytes");
        let by_purpose = Purpose::ALL.map(|purpose| {
            let info = [purpose.label()];
            let okm = prk.expand(&info, &AES_256_GCM_SIV).expect("HKDF-SHA256 gives up to 8160 bytes");
            LessSafeKey::new(UnboundKey::from(okm))
        });
        let mut person_seed = Zeroizing::new([0; SEED_LEN]);
        prk.expand(&[b"portico person token v1"], Length(SEED_LEN))
            .and_then(|okm| okm.fill(&mut *person_seed))
            .expect("HKDF-SHA256 gives up to 8160 bytes");
        Self { id, by_purpose, person_seed }
    }

    fn of(&self, purpose: Purpose) -> &LessSafeKey {
        // There is one for each, in the order of the variants, which is that of `Purpose::ALL`.
        &self.by_purpose[purpose as usize]
    }
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// The header is authenticated too. Its length is fixed, so the two parts cannot be mistaken.
fn associated_data(header: &[u8], associated: &[u8]) -> Vec<u8> {
    [header, associated].concat()
}

fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    const PADDED_OR_NOT: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    [STANDARD, URL_SAFE]
        .iter()
        .find_map(|alphabet| GeneralPurpose::new(alphabet, PADDED_OR_NOT).decode(text).ok())
        .map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(byte: u8) -> SecretString {
        SecretString::from(base64::engine::general_purpose::STANDARD.encode([byte; 32]))
    }

    fn keyring(bytes: &[u8]) -> Keyring {
        Keyring::new(&bytes.iter().map(|&byte| secret(byte)).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_again_and_never_looks_the_same() {
        let keyring = keyring(&[1]);
        for plain in [&b""[..], b"x", &[7; 10_000]] {
            let one = keyring.seal(Purpose::SessionTokens, b"session", plain);
            let two = keyring.seal(Purpose::SessionTokens, b"session", plain);
            assert_ne!(one, two);
            assert_eq!(keyring.open(Purpose::SessionTokens, b"session", &one).unwrap(), plain);
            assert_eq!(keyring.open(Purpose::SessionTokens, b"session", &two).unwrap(), plain);
        }
    }

    #[test]
    fn every_changed_bit_every_cut_and_every_extension_is_noticed() {
        let keyring = keyring(&[1, 2]);
        let sealed = keyring.seal(Purpose::Transaction, b"cookie", b"the plain text");
        for at in 0..sealed.len() {
            for bit in 0..8 {
                let mut changed = sealed.clone();
                changed[at] ^= 1 << bit;
                assert_eq!(keyring.open(Purpose::Transaction, b"cookie", &changed), None, "byte {at}, bit {bit}");
            }
        }
        for length in 0..sealed.len() {
            assert_eq!(keyring.open(Purpose::Transaction, b"cookie", &sealed[..length]), None, "{length} bytes");
        }
        let longer = [sealed.as_slice(), b"x"].concat();
        assert_eq!(keyring.open(Purpose::Transaction, b"cookie", &longer), None);
    }

    #[test]
    fn it_opens_for_nothing_else() {
        let keyring = keyring(&[1]);
        let sealed = keyring.seal(Purpose::SessionTokens, b"one session", b"text");
        assert_eq!(keyring.open(Purpose::Transaction, b"one session", &sealed), None);
        assert_eq!(keyring.open(Purpose::SessionTokens, b"another session", &sealed), None);
        assert_eq!(keyring.open(Purpose::SessionTokens, b"", &sealed), None);
        assert!(keyring.open(Purpose::SessionTokens, b"one session", &sealed).is_some());
    }

    #[test]
    fn secrets_rotate_through_the_list() {
        let old = keyring(&[1]);
        let both = keyring(&[2, 1]);
        let new = keyring(&[2]);
        let by_old = old.seal(Purpose::SessionTokens, b"s", b"text");
        assert!(both.open(Purpose::SessionTokens, b"s", &by_old).is_some(), "the old secret still opens");
        assert!(new.open(Purpose::SessionTokens, b"s", &by_old).is_none(), "a removed secret does not");
        let by_both = both.seal(Purpose::SessionTokens, b"s", b"text");
        assert!(new.open(Purpose::SessionTokens, b"s", &by_both).is_some(), "the first secret seals");
        assert!(old.open(Purpose::SessionTokens, b"s", &by_both).is_none());
    }

    #[test]
    fn secrets_come_in_any_base64_and_bad_ones_are_named_by_their_place() {
        let bytes = [0xfb; 33];
        for text in [
            base64::engine::general_purpose::STANDARD.encode(bytes),
            base64::engine::general_purpose::STANDARD_NO_PAD.encode(bytes),
            base64::engine::general_purpose::URL_SAFE.encode(bytes),
            base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes),
        ] {
            let sealed = Keyring::new(&[SecretString::from(text)]).unwrap().seal(Purpose::Transaction, b"", b"text");
            let same =
                Keyring::new(&[SecretString::from(base64::engine::general_purpose::STANDARD.encode(bytes))]).unwrap();
            assert!(same.open(Purpose::Transaction, b"", &sealed).is_some());
        }
        let error = |list: &[SecretString]| Keyring::new(list).unwrap_err();
        assert_eq!(error(&[]), SecretsError::Missing);
        assert_eq!(error(&[secret(1), "not base64!".into()]), SecretsError::NotBase64 { position: 2 });
        assert_eq!(error(&["c2hvcnQ=".into()]), SecretsError::TooShort { position: 1, bytes: 5 });
    }

    #[test]
    fn each_secret_gives_one_seed_of_its_own() {
        let seeds = |bytes: &[u8]| keyring(bytes).person_seeds().copied().collect::<Vec<_>>();
        assert_eq!(seeds(&[1, 2]).len(), 2);
        assert_ne!(seeds(&[1]), seeds(&[2]));
        assert_eq!(seeds(&[1, 2])[1], seeds(&[2])[0], "a seed is its secret's alone");
        assert!(!seeds(&[1]).contains(&[1; SEED_LEN]), "it is derived");
    }

    #[test]
    fn nothing_of_a_secret_is_shown() {
        let shown = format!("{:?}", keyring(&[1, 2]));
        assert_eq!(shown, "Keyring { secrets: 2, .. }");
    }
}
