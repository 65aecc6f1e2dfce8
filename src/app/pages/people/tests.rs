//! The page as HTML: who is listed, what may be done, and that it is text.

use super::*;
use crate::app::pages::sessions::tests::session;
use chrono::DateTime;

fn person(subject: &str, sessions: u32) -> PersonSessions {
    PersonSessions {
        subject: subject.to_owned(),
        name: "<b>Ada</b>".to_owned(),
        email: Some("ada@portico.example".to_owned()),
        sessions,
        last_seen: (sessions > 0).then_some(DateTime::UNIX_EPOCH),
    }
}

fn html(shown: PeopleShown, may_end: bool, notice: Option<PeopleNotice>) -> String {
    Owner::new().with(|| {
        provide_context(Arc::new(PeopleView { shown, may_end, notice }));
        view! { <PeoplePage/> }.to_html()
    })
}

fn several(search: &str, people: Vec<PersonSessions>) -> PeopleShown {
    PeopleShown::Several { search: search.to_owned(), people }
}

#[test]
fn people_are_listed_with_what_they_have() {
    let people = vec![person("auth0|ada", 1), person("auth0|b&c", 2), person("auth0|gone", 0)];
    let html = html(several("", people), true, None);
    for words in
        ["1 session<", "2 sessions", "Not signed in", "ada@portico.example", "href=\"/people?person=auth0%7Cada\""]
    {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert!(html.contains("person=auth0%7Cb%26c") && !html.contains("<b>Ada"), "{html}");
    assert_eq!(html.matches("Last seen").count(), 2);
}

#[test]
fn a_search_that_finds_nobody_says_what_was_searched_for() {
    let html = html(several("<i>x", vec![]), true, None);
    assert!(html.contains("Nobody here has the e-mail address or user id") && html.contains("&lt;i&gt;x"), "{html}");
    assert!(!html.contains("<i>x"));
}

#[test]
fn all_of_a_persons_sessions_can_be_ended_but_not_ones_own_here() {
    let shown = |sessions| PeopleShown::One { person: person("auth0|ada", 2), sessions };
    let page = html(shown(vec![session("a", true), session("b", false)]), true, None);
    assert_eq!(page.matches("name=\"person\" value=\"auth0|ada\"").count(), 2, "{page}");
    assert!(page.contains("name=\"session\" value=\"b\"") && !page.contains("value=\"a\""), "{page}");
    assert!(page.contains("End all sessions") && page.contains("data-soft"));

    let page = html(shown(vec![]), true, None);
    assert!(page.contains("They are signed in nowhere.") && !page.contains("End all sessions"), "{page}");
}

#[test]
fn without_a_fresh_sign_in_the_browser_itself_sends_the_forms() {
    let shown = PeopleShown::One { person: person("auth0|ada", 1), sessions: vec![session("b", false)] };
    let page = html(shown, false, Some(PeopleNotice::MustConfirm));
    assert!(!page.contains("data-soft") && page.contains("asked to sign in again"), "{page}");
    assert!(page.contains("returnTo=/people%3Fperson%3Dauth0%257Cada%26done%3Dconfirmed"), "{page}");
}
