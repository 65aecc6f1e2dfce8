// What the tenant says about a person in ID tokens and at /userinfo, shaped as Auth0 and its legacy rules shape it.

import { CLAIM_NAMESPACE } from './registrations.mjs';

const ROLES = `${CLAIM_NAMESPACE}roles`;
const GROUPS = `${CLAIM_NAMESPACE}groups`;
const MOTTO = `${CLAIM_NAMESPACE}motto`;

/** Claims by the scope that asks for them. Custom claims come with `openid`, because rules add them to every token. */
export const CLAIMS_BY_SCOPE = {
  openid: [
    'sub', 'acr', 'amr', 'org_id', 'org_name', ROLES, GROUPS, MOTTO, 'app_metadata', 'user_metadata',
    'groups', 'roles', 'permissions', 'authorization',
  ],
  profile: ['name', 'given_name', 'family_name', 'nickname', 'picture', 'locale', 'updated_at'],
  email: ['email', 'email_verified'],
};

/**
 * All claims about a person, whatever the scope.
 * @param {import('./people.mjs').People} people
 * @param {object} person
 * @param {{id: string, name: string} | undefined} organization the one the person signed in to
 */
export function claimsOf(people, person, organization) {
  const { app_metadata: appMetadata, user_metadata: userMetadata } = person;
  const profile = Object.fromEntries([...CLAIMS_BY_SCOPE.profile, ...CLAIMS_BY_SCOPE.email]
    .filter((name) => person[name] !== undefined)
    .map((name) => [name, person[name]]));
  const groups = people.allGroupsOf(person).map(({ name }) => name);
  return {
    sub: person.user_id,
    ...profile,
    ...(organization && { org_id: organization.id, org_name: organization.name }),
    [ROLES]: person.roles,
    [GROUPS]: groups,
    app_metadata: appMetadata,
    user_metadata: userMetadata,
    ...(groups.length > 0 && legacyRule(people, person, groups)),
    ...person.extra_claims,
  };
}

/** Auth0's Authorization Extension rule writes the same list at the top, under `authorization` and into `app_metadata`. */
function legacyRule(people, person, groups) {
  const roles = people.allRolesOf(person);
  const authorization = { groups, roles: roles.map(({ name }) => name), permissions: people.permissionsOf(roles) };
  return { ...authorization, authorization, app_metadata: { ...person.app_metadata, authorization } };
}

/** The claims a set of scopes may see. */
export function claimsForScopes(claims, scopes) {
  const visible = new Set(scopes.flatMap((scope) => CLAIMS_BY_SCOPE[scope] ?? []));
  return Object.fromEntries(Object.entries(claims).filter(([name]) => visible.has(name)));
}
