//! The provider's keys: made once in a test process, when first used.
//!
//! Signed with `aws-lc-rs` directly, not with the library the product verifies with: a test must
//! be able to write what no decent library agrees to write.

use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents,
    },
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use std::sync::OnceLock;

/// One of the provider's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// RSA: the key that signs, unless told otherwise.
    Current,
    /// RSA: published beside the current one, as Auth0 does with the key it will use next.
    Next,
    /// RSA: not published unless told so.
    Unpublished,
    /// Elliptic curve P-256: not published unless told so.
    Elliptic,
}

impl Key {
    /// The key's id: the `kid` in its JWK.
    pub fn kid(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Next => "next",
            Self::Unpublished => "unpublished",
            Self::Elliptic => "elliptic",
        }
    }

    /// The `alg` (RFC 7518) the key signs with.
    pub fn alg(self) -> &'static str {
        match self {
            Self::Elliptic => "ES256",
            _ => "RS256",
        }
    }

    /// The signature of `message`, in the form JWS wants it.
    pub fn sign(self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        if self == Self::Elliptic {
            return elliptic().sign(&random, message).expect("P-256 signs").as_ref().to_vec();
        }
        let pair = self.rsa();
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).expect("RSA signs");
        signature
    }

    /// The public key as a JSON Web Key (RFC 7517).
    pub fn jwk(self) -> Value {
        let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let mut jwk = if self == Self::Elliptic {
            // An uncompressed point: 4, then x and y of 32 bytes each.
            let (x, y) = elliptic().public_key().as_ref()[1..].split_at(32);
            json!({ "kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y) })
        } else {
            let parts = RsaPublicKeyComponents::<Vec<u8>>::from(self.rsa().public_key());
            json!({ "kty": "RSA", "n": encode(&parts.n), "e": encode(&parts.e) })
        };
        jwk["kid"] = self.kid().into();
        jwk["alg"] = self.alg().into();
        jwk["use"] = "sig".into();
        jwk
    }

    /// The public key in PEM (`SubjectPublicKeyInfo`), as the HS256 confusion attack uses it.
    ///
    /// # Panics
    /// For [`Key::Elliptic`].
    pub fn public_pem(self) -> String {
        let der: PublicKeyX509Der<'_> = self.rsa().public_key().as_der().expect("a public key has a DER form");
        let text = BASE64_STANDARD.encode(der.as_ref());
        let lines: Vec<_> =
            text.as_bytes().chunks(64).map(|line| str::from_utf8(line).expect("base64 is ASCII")).collect();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
    }

    fn rsa(self) -> &'static RsaKeyPair {
        static PAIRS: [OnceLock<RsaKeyPair>; 3] = [const { OnceLock::new() }; 3];
        let slot = match self {
            Self::Current => &PAIRS[0],
            Self::Next => &PAIRS[1],
            Self::Unpublished => &PAIRS[2],
            Self::Elliptic => panic!("the elliptic key is no RSA key"),
        };
        slot.get_or_init(|| RsaKeyPair::generate(KeySize::Rsa2048).expect("an RSA key can be made"))
    }
}

fn elliptic() -> &'static EcdsaKeyPair {
    static PAIR: OnceLock<EcdsaKeyPair> = OnceLock::new();
    PAIR.get_or_init(|| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a P-256 key can be made"))
}
