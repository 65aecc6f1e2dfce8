// What is registered at the tenant: applications (clients), APIs (resource servers), and which machine may call what.

/** The API the app's access tokens are for. */
export const API_AUDIENCE = 'https://api.portico.example/';
/** Namespace of the custom claims, as Auth0 asks for. */
export const CLAIM_NAMESPACE = 'https://portico.example/';
/** The app's client. The second one authenticates with HTTP Basic, else it is the same. */
export const APP_CLIENT = 'portico-local';
export const APP_CLIENT_BASIC = 'portico-local-basic';
/** The machine that may call both directories, and one that may only read users. */
export const MACHINE_CLIENT = 'portico-machine';
export const LIMITED_MACHINE_CLIENT = 'portico-machine-limited';
/** Audience of the Authorization Extension API. */
export const EXTENSION_AUDIENCE = 'urn:auth0-authz-api';
/** Audience of the Management API: its own address. */
export const managementAudience = (issuer) => `${issuer}api/v2/`;

/** OpenID scopes. An API has to list them too, or its tokens would lose them. */
export const OIDC_SCOPES = ['openid', 'profile', 'email', 'offline_access'];

const DAY = 86_400;
const HOUR = 3600;

const MANAGEMENT_SCOPES = [
  'read:users', 'update:users', 'read:users_app_metadata', 'update:users_app_metadata',
  'read:roles', 'update:roles', 'read:role_members', 'create:role_members', 'delete:role_members',
  'read:organizations', 'read:sessions', 'delete:sessions', 'delete:refresh_tokens',
  'read:logs', 'read:logs_users',
];

const EXTENSION_SCOPES = ['users', 'groups', 'roles', 'permissions', 'applications'].map((what) => `read:${what}`);

/**
 * The APIs by audience. `forPeople`: an access token for it can be had by signing in; `lifetime` in seconds.
 * @param {string} issuer
 * @param {string[]} permissions names of the permissions the app's API knows
 */
export function apis(issuer, permissions) {
  return new Map([
    [API_AUDIENCE, { name: 'Portico API', scopes: permissions, lifetime: DAY, forPeople: true }],
    [managementAudience(issuer), { name: 'Auth0 Management API', scopes: MANAGEMENT_SCOPES, lifetime: DAY, forPeople: false }],
    [EXTENSION_AUDIENCE, { name: 'Auth0 Authorization Extension API', scopes: EXTENSION_SCOPES, lifetime: DAY, forPeople: false }],
  ]);
}

/** Lifetime in seconds of an opaque access token, which only `/userinfo` takes. */
export const OPAQUE_TOKEN_LIFETIME = HOUR * 24;

/** Client grants: scopes each machine client has been given, by audience. */
export function clientGrants(issuer) {
  return {
    [MACHINE_CLIENT]: {
      [managementAudience(issuer)]: MANAGEMENT_SCOPES,
      [EXTENSION_AUDIENCE]: EXTENSION_SCOPES,
      [API_AUDIENCE]: ['read'],
    },
    [LIMITED_MACHINE_CLIENT]: { [managementAudience(issuer)]: ['read:users'] },
  };
}

/** Client metadata in the shape of OpenID Connect Dynamic Client Registration 1.0. */
export function clients({ appOrigins, clientSecret, machineSecret }) {
  const app = (id, method, extra) => ({
    client_id: id,
    client_name: 'Portico',
    client_secret: clientSecret,
    token_endpoint_auth_method: method,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: appOrigins.map((origin) => `${origin}/callback`),
    post_logout_redirect_uris: appOrigins.flatMap((origin) => [origin, `${origin}/`]),
    ...extra,
  });
  const machine = (id) => ({
    client_id: id,
    client_name: id,
    client_secret: machineSecret,
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
  });
  const told = { backchannel_logout_uri: `${appOrigins[0]}/backchannel-logout`, backchannel_logout_session_required: true };
  return [
    app(APP_CLIENT, 'client_secret_post', told),
    app(APP_CLIENT_BASIC, 'client_secret_basic', told),
    ...(machineSecret ? [machine(MACHINE_CLIENT), machine(LIMITED_MACHINE_CLIENT)] : []),
  ];
}
