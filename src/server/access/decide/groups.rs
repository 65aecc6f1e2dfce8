//! The groups of a person: those in their claims, and those the directory adds by nesting.

use super::{DirectoryView, found_reasons, push_once};
use crate::{
    model::{Group, Reason},
    server::access::{
        claims::{Entry, MAX_ENTRIES, by_name},
        names,
    },
};
use std::collections::{BTreeMap, VecDeque};

// Directories are edited by hand: nesting may run in circles, or be absurdly wide or deep.

/// The most groups that are followed directly around one group.
const MAX_AROUND: usize = 32;
/// The most steps from a group outwards.
const MAX_STEPS: usize = 10;
/// The most ways by nesting that are told for one group.
const MAX_WAYS: usize = 4;

/// All groups, each once, by name, with every reason.
pub(super) fn groups(found: &[Entry], directory: Option<&DirectoryView>) -> Vec<Group> {
    let mut reasons: BTreeMap<&str, Vec<Reason>> =
        found.iter().map(|entry| (entry.name.as_str(), found_reasons(entry))).collect();
    if let Some(directory) = directory {
        for name in directory.member_of.iter().filter(|name| names::check(name).is_ok()).take(MAX_ENTRIES) {
            push_once(reasons.entry(name).or_default(), Reason::Directory);
        }
        let own: Vec<&str> = reasons.keys().copied().collect();
        for before in innermost(&own, directory) {
            for group in before.keys() {
                if reasons.contains_key(group) || reasons.len() < 2 * MAX_ENTRIES {
                    let why = reasons.entry(group).or_default();
                    if why.iter().filter(|reason| matches!(reason, Reason::Nested(_))).count() < MAX_WAYS {
                        push_once(why, Reason::Nested(way(&before, group)));
                    }
                }
            }
        }
    }
    let mut groups: Vec<Group> = reasons
        .into_iter()
        .map(|(name, why)| Group { name: name.to_owned(), description: description(name, directory), why })
        .collect();
    groups.sort_by(|left, right| by_name(&left.name, &right.name));
    groups
}

fn description(name: &str, directory: Option<&DirectoryView>) -> Option<String> {
    names::description(directory?.groups.get(name)?.description.as_deref()?)
}

/// For each group around a start, the group one step before it on the shortest way.
type Steps<'a> = BTreeMap<&'a str, &'a str>;

/// The steps outwards from each of the innermost of a person's groups.
///
/// The claims often hold the groups around as well, without saying which is inside which. So a way
/// begins only where no other group of the person leads, except in a circle.
fn innermost<'a>(own: &[&'a str], directory: &'a DirectoryView) -> Vec<Steps<'a>> {
    let around: Vec<_> = own.iter().map(|name| (*name, steps(name, directory))).collect();
    let is_innermost = |(name, steps): &&(&str, Steps<'_>)| {
        !around.iter().any(|(other, others)| other != name && others.contains_key(name) && !steps.contains_key(other))
    };
    around.iter().filter(is_innermost).map(|(_, steps)| steps.clone()).collect()
}

/// The steps from `start` to each group around it, searched breadth first and at most
/// [`MAX_ENTRIES`] of them.
fn steps<'a>(start: &'a str, directory: &'a DirectoryView) -> Steps<'a> {
    let mut before = Steps::new();
    let mut queue = VecDeque::from([(start, 0)]);
    while let Some((name, distance)) = queue.pop_front() {
        if before.len() == MAX_ENTRIES {
            break;
        }
        let around = directory.groups.get(name).map(|group| group.inside.as_slice()).unwrap_or_default();
        for next in around.iter().map(String::as_str).take(MAX_AROUND) {
            let new = next != start && !before.contains_key(next);
            if new && distance < MAX_STEPS && before.len() < MAX_ENTRIES && names::check(next).is_ok() {
                before.insert(next, name);
                queue.push_back((next, distance + 1));
            }
        }
    }
    before
}

/// The names on the way from where the steps start, which has none before it, to a group around it.
fn way(before: &Steps<'_>, group: &str) -> Vec<String> {
    let mut names = vec![group.to_owned()];
    let mut at = group;
    while let Some(inner) = before.get(at) {
        at = inner;
        names.push(at.to_owned());
    }
    names.reverse();
    names
}
