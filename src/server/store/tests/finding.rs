//! How records are found: by an index, and with the same result whichever way is taken.

use super::super::{RecordQuery, records::finding::Way};
use super::people::{as_service, create, draft, may, memory, new_id, records, sign_in, user};
use crate::model::{
    Permission,
    record::{Classification, Draft, PAGE_SIZE, Sees},
};
use chrono::Utc;
use surrealdb::types::{SurrealValue, ToSql as _, Variables};

const ADA: &str = "auth0|ada";
const BEN: &str = "auth0|ben";

#[tokio::test]
async fn lists_and_searches_use_an_index() {
    let store = memory().await;
    sign_in(&store, ADA, may(&Permission::ALL, "blue")).await;
    let variables = Variables::from_iter([
        ("most".to_owned(), 26.into_value()),
        ("before".to_owned(), "8".to_owned().into_value()),
        ("owner".to_owned(), user(ADA).to_sql().into_value()),
        ("owners".to_owned(), vec![user(ADA).to_sql(), user(BEN).to_sql()].into_value()),
        ("search".to_owned(), "word".to_owned().into_value()),
    ]);
    let words = (1..=6).map(|number| (format!("w{number}"), "word".to_owned().into_value()));
    let variables = Variables::from_iter(variables.into_iter().chain(words));
    for (way, expected) in [
        (Way::ALL, &["IndexScan [ctx: Db] [index: secure_data_key", "direction: Backward", "limit: $most"][..]),
        (Way::BY_OWNER, &["IndexScan [ctx: Db] [index: secure_data_owner", "direction: Backward", "limit: $most"]),
        (Way::SEARCH_ALL, &["IndexScan [ctx: Db] [index: secure_data_key", "direction: Backward"]),
        (Way::SEARCH_BY_OWNER, &["IndexScan [ctx: Db] [index: secure_data_owner", "direction: Backward"]),
        (Way::HITS, &["FullTextScan [ctx: Db] [index: secure_data_title", "secure_data_tags", "secure_data_body"]),
        (
            Way::HITS_OF_OWNERS,
            &["FullTextScan [ctx: Db] [index: secure_data_title", "secure_data_tags", "secure_data_body"],
        ),
    ] {
        let explain: &'static str = Box::leak(format!("EXPLAIN {}", way.text).into_boxed_str());
        let plan = as_service(&store, explain, variables.clone()).await.into_value().to_sql();
        for part in expected {
            assert!(plan.contains(part), "{way:?}: {plan}");
        }
        assert!(!plan.contains("TableScan"), "{way:?}: {plan}");
    }
}

#[tokio::test]
async fn every_way_of_searching_finds_the_same() {
    let store = memory().await;
    sign_in(&store, ADA, may(&Permission::ALL, "blue")).await;
    let ada = records(&store, ADA).await;
    for (title, body, tags) in [
        ("Quarterly report", "Numbers of the third quarter.", &["finance", "q3"][..]),
        ("Access review", "Who may read the quarterly report?", &["audit"]),
        ("Report on access", "A review of number7, and of 7 others.", &["audit", "access review"]),
        ("Überprüfung", "It's the owner's: re-read before 2026-11-30!", &["über"]),
        ("Door 🚪", "Nothing else.", &["emoji"]),
    ] {
        let draft = Draft::check(title, body, Classification::Internal, tags.iter().map(|&tag| tag.into()).collect());
        ada.create(&new_id(), &draft.unwrap(), Utc::now()).await.unwrap().unwrap();
    }
    let owners = [user(ADA).to_sql(), user(BEN).to_sql()];
    for (search, hits) in [
        ("report", 3),
        ("rep", 2),
        ("REPORT quarterly", 2),
        ("quarterly numbers", 0),
        ("review access", 2),
        ("number7", 1),
        ("number 8", 0),
        ("uber", 1),
        ("it's", 1),
        ("2026-11", 1),
        ("a review of number7 and of", 1),
        ("nowhere", 0),
    ] {
        let of_all = None;
        let of_some = Some(&owners[..]);
        for (way, owners) in [
            (Way::HITS, of_all),
            (Way::HITS_OF_OWNERS, of_some),
            (Way::SEARCH_ALL, of_all),
            (Way::SEARCH_BY_OWNER, of_some),
        ] {
            let found = ada.candidates(way, search, owners, "8", 26).await.unwrap();
            assert_eq!(found.len(), hits, "{search}: {way:?}");
        }
    }
}

#[tokio::test]
async fn the_way_is_chosen_by_how_much_there_is() {
    let store = memory().await;
    sign_in(&store, ADA, may(&Permission::ALL, "blue")).await;
    sign_in(&store, BEN, may(&[Permission::WriteOwn], "blue")).await;
    let ada = records(&store, ADA).await;
    ada.create(&new_id(), &draft("rarity"), Utc::now()).await.unwrap().unwrap();
    let way = async |owners: &[&str], search: &str| {
        let owners: Vec<String> = owners.iter().map(|owner| user(owner).to_sql()).collect();
        ada.way((!owners.is_empty()).then_some(&owners[..]), search).await.unwrap()
    };
    assert_eq!(way(&[], "").await, Way::ALL);
    assert_eq!(way(&[ADA, BEN], "").await, Way::BY_OWNER);
    assert_eq!(way(&[], "common").await, Way::HITS, "few");
    assert_eq!(way(&[ADA, BEN], "common").await, Way::HITS_OF_OWNERS);
    // In parts: one statement for all may take longer than a call may.
    for part in 0..20 {
        const TEXT: &str = "FOR $n IN 0..100 {
            CREATE secure_data SET key = '0' + <string> ($part * 100 + $n), title = 'common', body = '',
                classification = 'public', tags = [], owner = $owner,
                created_at = d'2026-01-01T00:00:00Z', updated_at = d'2026-01-01T00:00:00Z'
        }";
        let variables = [("part".to_owned(), part.into_value()), ("owner".to_owned(), user(BEN).into_value())];
        as_service(&store, TEXT, Variables::from_iter(variables)).await;
    }
    assert_eq!(way(&[], "common").await, Way::SEARCH_ALL, "many");
    assert_eq!(way(&[ADA, BEN], "common").await, Way::SEARCH_BY_OWNER);
    assert_eq!(way(&[], "rarity").await, Way::HITS);
    assert_eq!(way(&[], "one two three four five six common").await, Way::HITS, "too many words to try");
    assert_eq!(way(&[], "🚪").await, Way::HITS, "no word at all");
}

/// A team that is looked up one by one, and one that is too large for that.
#[tokio::test]
async fn a_team_sees_what_is_the_teams_and_its_pages_are_full() {
    for people in [10, 40] {
        pages_are_full(people).await;
    }
}

async fn pages_are_full(people: usize) {
    let store = memory().await;
    sign_in(&store, ADA, may(&[Permission::ManageTeam], "blue")).await;
    sign_in(&store, "auth0|stranger", may(&[Permission::WriteOwn], "red")).await;
    let strangers = records(&store, "auth0|stranger").await;
    let mut expected = Vec::new();
    for person in 0..people {
        sign_in(&store, &format!("auth0|blue-{person}"), may(&[Permission::WriteOwn], "blue")).await;
    }
    for number in 0..40 {
        let subject = format!("auth0|blue-{}", number % people);
        expected.push(create(&records(&store, &subject).await, "common").await);
        for _ in 0..3 {
            create(&strangers, "common").await;
        }
    }
    expected.reverse();
    let ada = records(&store, ADA).await;
    for search in ["", "common"] {
        let page = async |before| {
            let found = ada.list(&RecordQuery { search: search.into(), before, sees: Sees::Team }).await.unwrap();
            found.into_iter().map(|record| record.id).collect::<Vec<_>>()
        };
        let first = page(None).await;
        assert_eq!(first, expected[..=PAGE_SIZE], "{search:?}");
        assert_eq!(page(Some(first[PAGE_SIZE - 1].clone())).await, expected[PAGE_SIZE..], "{search:?}");
    }
}
