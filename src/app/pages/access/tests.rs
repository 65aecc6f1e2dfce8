//! The page as HTML: what depends on the directory, on the second factor, and on hostile names.

use super::*;
use crate::model::{Permission, Reason, Source, Withheld};
use chrono::DateTime;

fn access() -> Access {
    let found = |name: &str| vec![Reason::Found(Source::Claim(name.to_owned()))];
    let role = |name: &str, withheld| Role {
        name: name.to_owned(),
        description: Some(format!("What {name} is for")),
        why: found("roles"),
        withheld,
        gives: vec![Permission::Read],
    };
    let grant = |permission, role: &str| Grant { permission, description: None, why: vec![Reason::Role(role.into())] };
    Access {
        level: None,
        roles: vec![role("admin", Some(Withheld::NeedsSecondFactor)), role("<b>odd</b>", None)],
        groups: vec![Group { name: "Platform".into(), description: None, why: found("groups") }],
        permissions: vec![grant(Permission::Read, "<b>odd</b>")],
        withheld: vec![grant(Permission::Delete, "admin")],
        listed: vec![Listed { name: "read:reports".into(), description: None, why: vec![Reason::AccessToken] }],
        second_factor: None,
        as_of: DateTime::UNIX_EPOCH,
    }
}

fn html(access: &Access, descriptions: Availability) -> String {
    Owner::new().with(|| view! { <Everything access descriptions notice=None/> }.to_html())
}

/// How often `needle` stands in `text`.
fn times(text: &str, needle: &str) -> usize {
    text.matches(needle).count()
}

#[test]
fn the_state_of_the_directory_is_told_where_there_is_one() {
    let at = DateTime::from_timestamp(1_795_603_320, 0).unwrap();
    let read = html(&access(), Availability::Available { as_of: at });
    assert!(read.contains("Descriptions as of <time datetime=\"2026-11-25T10:42:00Z\">"), "{read}");
    let down = html(&access(), Availability::UnavailableSince(at));
    assert!(down.contains("Descriptions are unavailable since <time datetime=\"2026-11-25T10:42:00Z\">"), "{down}");
    assert!(down.contains("; names are shown without them."));
    assert!(!html(&access(), Availability::Off).contains("Descriptions"));
}

#[test]
fn the_button_is_there_only_when_a_second_factor_helps() {
    let without = html(&access(), Availability::Off);
    assert_eq!(times(&without, "href=\"/login?step_up=true&amp;returnTo=/access\""), 1, "{without}");
    assert!(without.contains("What waits for a second factor") && without.contains("Delete any record"));

    let mut with = access();
    with.withheld.clear();
    with.roles[0].withheld = None;
    with.second_factor = Some(SecondFactor { method: "otp".into(), at: DateTime::UNIX_EPOCH });
    let with = html(&with, Availability::Off);
    assert!(!with.contains("step_up") && !with.contains("What waits") && !with.contains("Needs a second factor"));
    assert!(with.contains("Second factor confirmed") && with.contains("One-time code"));
}

#[test]
fn names_are_text_and_stand_alone() {
    let html = html(&access(), Availability::Off);
    assert!(!html.contains("<b>"), "{html}");
    assert!(html.contains("<h3><bdi>&lt;b&gt;odd&lt;/b&gt;</bdi></h3>"), "{html}");
    assert!(html.contains("Your role “<bdi>&lt;b&gt;odd&lt;/b&gt;</bdi>” gives it."), "{html}");
}

#[test]
fn what_grants_nothing_is_folded() {
    let html = html(&access(), Availability::Off);
    let (_, folded) = html.split_once("<details class=\"card card-wide card-folded\"").unwrap();
    assert!(folded.contains("1 name") && folded.contains("read:reports"), "{folded}");
}

#[test]
fn nothing_at_all_says_what_to_do() {
    let mut nothing = access();
    (nothing.roles, nothing.groups, nothing.permissions) = (vec![], vec![], vec![]);
    (nothing.withheld, nothing.listed) = (vec![], vec![]);
    let html = html(&nothing, Availability::Off);
    for words in
        ["You have no role here.", "You may do nothing here. Ask", "You have no role. Ask", "You are in no group."]
    {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert!(!html.contains("<details"), "{html}");
}

#[test]
fn hundreds_of_groups_are_each_there_once_and_mostly_folded() {
    let mut many = access();
    many.groups = (0..256)
        .map(|number| Group {
            name: format!("group {number}."),
            description: None,
            why: vec![Reason::Found(Source::Claim("groups".into()))],
        })
        .collect();
    let html = html(&many, Availability::Off);
    assert!(html.contains("Show 206 more"), "{html}");
    for number in 0..256 {
        assert_eq!(times(&html, &format!("<h3><bdi>group {number}.</bdi>")), 1);
    }
}

#[test]
fn what_became_of_checking_again_is_said_first_and_has_the_focus() {
    let drawn = |notice| {
        let access = access();
        Owner::new()
            .with(|| view! { <Everything access=&access descriptions=Availability::Off notice=notice/> }.to_html())
    };
    let quiet = drawn(None);
    assert_eq!(times(&quiet, "action=\"/access/check\""), 1, "{quiet}");
    assert!(!quiet.contains("autofocus"), "{quiet}");
    for (notice, words) in [
        (AccessNotice::Checked, "Checked just now"),
        (AccessNotice::CheckedBefore, "Checked moments ago"),
        (AccessNotice::NotChecked, "does not answer at the moment"),
        (AccessNotice::MustSignIn, "href=\"/login?returnTo=/access%3Fchecked%3Dnow\""),
    ] {
        let html = drawn(Some(notice));
        assert!(html.contains(words) && html.contains("autofocus"), "{html}");
    }
}
