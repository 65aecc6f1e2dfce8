// What a sign-in grants. The app is a first-party application, so nobody is asked for consent.

import { API_AUDIENCE, OIDC_SCOPES } from '../registrations.mjs';
import { forgetSecondFactor } from './step-up.mjs';

/**
 * A grant of its own for every sign-in: its refresh tokens are one family, and revoking it signs out no other
 * browser or tab. Scopes of the API are granted as far as the person holds the permission of that name (Auth0's RBAC).
 */
export async function grantFor(tenant, ctx) {
  const { oidc } = ctx;
  const { people } = tenant;
  const person = people.find(oidc.session.accountId);
  forgetSecondFactor(oidc);
  // At Auth0 `sid` is the id of the session, the same for all clients.
  oidc.session.sidFor(oidc.client.clientId, oidc.session.uid);
  const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: person.user_id });
  grant.addOIDCScope(OIDC_SCOPES.join(' '));
  const held = people.permissionsOf(people.rolesOf(person));
  const refused = tenant.apis.get(API_AUDIENCE).scopes.filter((scope) => !held.includes(scope));
  grant.addResourceScope(API_AUDIENCE, [...OIDC_SCOPES, ...held].join(' '));
  if (refused.length > 0) grant.rejectResourceScope(API_AUDIENCE, refused.join(' '));
  const id = await grant.save();
  if (oidc.params.organization) tenant.organizations.set(id, oidc.params.organization);
  return grant;
}
