//! Who is let in as a person: the holder of a token that only this program can make, as that person
//! and nobody else.

use super::super::{Factor, NewPerson, Store, StoreError, handles::MOST_PEOPLE, person::PersonKeys};
use super::{
    fixtures::{keyring, person},
    people::{as_service, connection, info, may, memory, sign_in, sign_in_as, user},
};
use crate::model::Permission;
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value as Json, json};
use surrealdb::types::{SurrealValue, ToSql as _, Value, Variables};

/// The key that the secret of that byte gives.
fn key(secret: u8) -> EncodingKey {
    let pair = Ed25519KeyPair::from_seed_unchecked(keyring(&[secret]).person_seeds().next().unwrap()).unwrap();
    EncodingKey::from_ed_der(pair.to_pkcs8v1().unwrap().as_ref())
}

/// The names of the access methods that there are.
async fn methods(store: &Store) -> Vec<String> {
    let info = info(store).await.into_json_value();
    info["accesses"].as_object().unwrap().keys().cloned().collect()
}

/// Claims that are right for this person.
async fn claims(store: &Store, subject: &str) -> Json {
    let [method] = methods(store).await.try_into().expect("one secret, one method");
    let now = chrono::Utc::now().timestamp();
    json!({
        "iss": "portico", "aud": "surrealdb", "iat": now, "nbf": now - 30, "exp": now + 60,
        "ns": "portico", "db": "portico", "ac": method, "id": user(subject).to_sql(), "factor": "single_factor",
    })
}

fn signed(claims: &Json, key: &EncodingKey) -> String {
    jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), claims, key).unwrap()
}

async fn is_refused(store: &Store, token: String) -> bool {
    match store.handles.person_with(token).await {
        Ok(_) => false,
        Err(StoreError::PersonRefused(_)) => true,
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_token_is_good_for_nothing_unless_everything_in_it_is_right() {
    let store = memory().await;
    sign_in(&store, "auth0|ada", may(&Permission::ALL, "blue")).await;
    as_service(&store, "DEFINE DATABASE elsewhere STRICT", Variables::new()).await;
    let right = claims(&store, "auth0|ada").await;
    assert!(!is_refused(&store, signed(&right, &key(1))).await, "what the others differ from is right");
    assert!(is_refused(&store, signed(&right, &key(2))).await, "signed with another key");

    let now = chrono::Utc::now().timestamp();
    for (claim, values) in [
        ("exp", vec![json!(now - 3600)]),
        ("nbf", vec![json!(now + 3600)]),
        ("iss", vec![json!("https://tenant.example/"), json!("Portico"), json!(""), Json::Null]),
        ("aud", vec![json!("portico"), json!("https://api.example/"), json!(""), Json::Null]),
        ("ns", vec![json!("elsewhere"), json!(""), Json::Null]),
        ("db", vec![json!("elsewhere"), json!("nowhere"), json!(""), Json::Null]),
        ("ac", vec![json!("person_0000000000000000"), json!("user"), json!(""), Json::Null]),
        (
            "id",
            vec![
                json!(user("auth0|nobody").to_sql()),
                json!(user("auth0|ADA").to_sql()),
                json!("user:ada"),
                json!("session:ada"),
                json!("migration:1"),
                json!("user"),
                json!("user:[]"),
                json!("user:1..2"),
                json!("$auth"),
                json!("(SELECT VALUE id FROM user LIMIT 1)"),
                json!("root"),
                json!(""),
                Json::Null,
            ],
        ),
    ] {
        for value in values {
            let mut wrong = right.clone();
            wrong[claim] = value.clone();
            if value.is_null() {
                wrong.as_object_mut().unwrap().remove(claim);
            }
            assert!(is_refused(&store, signed(&wrong, &key(1))).await, "{claim}: {value}");
        }
    }
}

#[tokio::test]
async fn a_token_whose_algorithm_is_another_is_refused() {
    let store = memory().await;
    sign_in(&store, "auth0|ada", may(&Permission::ALL, "blue")).await;
    let right = claims(&store, "auth0|ada").await;
    let token = signed(&right, &key(1));
    let [header, payload, signature] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    for other in [r#"{"alg":"none"}"#, r#"{"alg":"None","typ":"JWT"}"#, r#"{"alg":"HS256"}"#, r#"{"typ":"JWT"}"#, "{}"]
    {
        let other = URL_SAFE_NO_PAD.encode(other);
        for signature in ["", signature] {
            assert!(is_refused(&store, format!("{other}.{payload}.{signature}")).await, "{other}");
        }
    }
    // The public key is no secret: it must be none to sign with (CVE-2015-9235).
    let info = info(&store).await.to_sql();
    assert!(!info.contains("PRIVATE KEY"), "the database holds no private key: {info}");
    let public = info.split("-----BEGIN PUBLIC KEY-----").nth(1).unwrap().split("-----END").next().unwrap();
    let body = public.replace("\\n", "\n");
    for secret in [format!("-----BEGIN PUBLIC KEY-----{body}-----END PUBLIC KEY-----\n"), body.trim().to_owned()] {
        let key = EncodingKey::from_secret(secret.as_bytes());
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &right, &key).unwrap();
        assert!(is_refused(&store, token).await);
    }
    for cut in ["", ".", "..", header, &format!("{header}.{payload}"), &format!("{header}.{payload}.")] {
        assert!(is_refused(&store, cut.to_owned()).await, "{cut}");
    }
    let changed = payload.replace(&payload[payload.len() - 4..], "AAAA");
    assert!(is_refused(&store, format!("{header}.{changed}.{signature}")).await);
}

#[tokio::test]
async fn there_is_no_other_way_in() {
    use surrealdb::opt::auth::Record;
    let store = memory().await;
    sign_in(&store, "auth0|ada", may(&Permission::ALL, "blue")).await;
    for access in methods(&store).await {
        let way_in = || Record {
            namespace: "portico".to_owned(),
            database: "portico".to_owned(),
            access: access.clone(),
            params: json!({ "id": user("auth0|ada").to_sql() }),
        };
        assert!(store.handles.guest().signin(way_in()).await.is_err());
        assert!(store.handles.guest().signup(way_in()).await.is_err());
    }
}

#[tokio::test]
async fn who_is_not_verified_or_is_disabled_is_not_let_in() {
    let store = memory().await;
    let entitlements = may(&Permission::ALL, "blue");
    sign_in_as(&store, NewPerson { entitlements: entitlements.clone(), ..person("auth0|unverified") }).await;
    let refused = store.handles.person(&user("auth0|unverified"), Factor::SecondFactor).await;
    assert!(matches!(refused, Err(StoreError::PersonRefused(_))));

    sign_in(&store, "auth0|ada", entitlements.clone()).await;
    let id = || Variables::from_iter([("id".to_owned(), user("auth0|ada").into_value())]);
    connection(&store, "auth0|ada").await;
    as_service(&store, "UPDATE $id SET disabled = true", id()).await;
    let refused = store.handles.person(&user("auth0|ada"), Factor::SecondFactor).await;
    assert!(matches!(refused, Err(StoreError::PersonRefused(_))));
    // Signing in again at the sign-in service does not help.
    sign_in(&store, "auth0|ada", entitlements).await;
    assert!(store.handles.person(&user("auth0|ada"), Factor::SecondFactor).await.is_err());
    as_service(&store, "UPDATE $id SET disabled = NONE", id()).await;
    connection(&store, "auth0|ada").await;
}

#[tokio::test]
async fn a_token_that_names_no_factor_of_ours_opens_nothing() {
    let store = memory().await;
    sign_in(&store, "auth0|ada", may(&Permission::ALL, "blue")).await;
    super::people::create(&super::people::records(&store, "auth0|ada").await, "a title").await;
    for (factor, seen) in
        [(json!("single_factor"), 1), (json!("third"), 0), (json!(["single_factor"]), 0), (json!(1), 0)]
    {
        let mut claims = claims(&store, "auth0|ada").await;
        claims["factor"] = factor.clone();
        let connection = store.handles.person_with(signed(&claims, &key(1))).await.unwrap();
        // What cannot be worked out is an error, or nothing; never a yes.
        let found = connection.query("SELECT VALUE key FROM secure_data", Variables::new()).await;
        let found = found.and_then(|mut answer| answer.rows::<String>(0)).unwrap_or_default();
        assert_eq!(found.len(), seen, "{factor}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_is_ever_somebody_else() {
    let store = memory().await;
    for name in ["ada", "ben"] {
        sign_in(&store, &format!("auth0|{name}"), may(&Permission::ALL, "blue")).await;
    }
    let tasks = (0..200).map(|number| {
        let store = store.clone();
        tokio::spawn(async move {
            let own = if number % 2 == 0 { "auth0|ada" } else { "auth0|ben" };
            let connection = connection(&store, own).await;
            for round in 0..3 {
                let mut answer = connection.query("RETURN <string> $auth", Variables::new()).await.unwrap();
                assert_eq!(answer.row::<String>(0).unwrap().unwrap(), user(own).to_sql(), "round {round}");
                if number % 20 == 0 {
                    // Neither those that are refused nor the service are ever taken for them.
                    assert!(store.handles.person_with("a.b.c".to_owned()).await.is_err());
                    store.handles.renew(&store.handles.service()).await.unwrap();
                }
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert_eq!(as_service(&store, "RETURN $auth", Variables::new()).await, [Value::None], "the service is no person");
}

/// A server has room for so many sessions on one connection, and who comes then must wait, not be refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_comes_when_there_are_many_waits_for_one_to_go() {
    let store = memory().await;
    sign_in(&store, "auth0|ada", may(&Permission::ALL, "blue")).await;
    let mut here = futures::future::join_all((0..MOST_PEOPLE).map(|_| connection(&store, "auth0|ada"))).await;
    let mut waiting = std::pin::pin!(connection(&store, "auth0|ada"));
    assert!(futures::poll!(&mut waiting).is_pending());
    assert_eq!(store.handles.places(), 0);
    drop(here.pop());
    let next = waiting.await;
    drop((here, next));

    let tasks = (0..3 * MOST_PEOPLE).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut answer = connection(&store, "auth0|ada").await.query("RETURN 1", Variables::new()).await?;
            answer.row::<i64>(0)
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        assert!(matches!(task.await.unwrap(), Ok(Some(1))));
    }
    assert_eq!(store.handles.places(), MOST_PEOPLE, "all have left");
}

#[tokio::test]
async fn secrets_rotate_and_what_is_removed_lets_nobody_in() {
    let store = memory().await;
    sign_in(&store, "auth0|ada", may(&Permission::ALL, "blue")).await;
    let token = |bytes: &[u8]| {
        let keys = PersonKeys::new(&keyring(bytes)).unwrap();
        keys.token("portico", "portico", &user("auth0|ada"), Factor::SingleFactor).unwrap()
    };
    let (old, new) = (token(&[1]), token(&[2, 1]));
    assert!(is_refused(&store, new.clone()).await, "a secret that is not there yet");

    let service = store.handles.service();
    // A new secret in front: both are good, and the new one signs.
    PersonKeys::new(&keyring(&[2, 1])).unwrap().define(&service).await.unwrap();
    assert_eq!(methods(&store).await.len(), 2);
    assert!(!is_refused(&store, old.clone()).await && !is_refused(&store, new.clone()).await);
    assert!(!is_refused(&store, token(&[1, 2])).await);

    // The old one is taken away; what an administrator has made stays.
    as_service(&store, "DEFINE ACCESS theirs ON DATABASE TYPE RECORD", Variables::new()).await;
    PersonKeys::new(&keyring(&[2])).unwrap().define(&service).await.unwrap();
    assert_eq!(methods(&store).await.len(), 2);
    assert!(methods(&store).await.contains(&"theirs".to_owned()));
    assert!(is_refused(&store, old).await);
    assert!(!is_refused(&store, new).await);
}
