# shellcheck shell=bash
# Settings for running on your own machine: secrets made on the first run, and the local tenant's address.
#
# What wins, as everywhere in Portico: the environment, then .env, then what is set here.

readonly LOCAL_SECRETS=.env.local

# The value of a setting in a file of NAME=value lines; nothing when it is not there.
value_in() {
  [ -f "$1" ] || return 0
  sed -n -E "s/^[[:space:]]*(export[[:space:]]+)?$2=//p" "$1" | tail -n 1 |
    sed -E "s/[[:space:]]*$//; s/^\"(.*)\"$/\1/; s/^'(.*)'$/\1/"
}

# What the environment or .env says; nothing when neither does.
setting() {
  local value=${!1-}
  if [ -n "$value" ]; then printf '%s\n' "$value"; else value_in .env "$1"; fi
}

# provide NAME VALUE: exports it unless the environment or .env has one.
provide() { [ -n "$(setting "$1")" ] || export "$1=$2"; }

# 256 random bits, in base64url.
random_secret() { head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n'; }

# Makes the ignored file of local secrets, or adds to an older one what it lacks.
make_local_secrets() {
  local name missing=
  for name in AUTH0_CLIENT_SECRET TENANT_MACHINE_SECRET PORTICO_SECRET SURREALDB_PASSWORD; do
    [ -n "$(value_in "$LOCAL_SECRETS" "$name")" ] || missing="$missing $name"
  done
  if [ -n "$missing" ]; then
    case $missing in
    *SURREALDB_PASSWORD*)
      [ ! -d data/portico ] || [ -n "$(setting SURREALDB_PASSWORD)" ] || die \
        "data/portico was made with a password that is in $LOCAL_SECRETS no longer: move that folder away, then run this again."
      ;;
    esac
    if [ ! -e "$LOCAL_SECRETS" ]; then
      step "Making local secrets in $LOCAL_SECRETS"
      (
        umask 077
        printf '# Secrets of this machine only, made by scripts/run.sh. They protect data/: delete both or neither.\n' >"$LOCAL_SECRETS"
      )
    else
      step "Adding to $LOCAL_SECRETS:$missing"
      # An editor may have left the last line open.
      [ -z "$(tail -c 1 "$LOCAL_SECRETS")" ] || printf '\n' >>"$LOCAL_SECRETS"
    fi
    for name in $missing; do printf '%s=%s\n' "$name" "$(random_secret)" >>"$LOCAL_SECRETS"; done
  fi
  chmod 600 "$LOCAL_SECRETS"
}

# Whether .env or the environment names a sign-in service; else it is the local tenant.
LOCAL_TENANT=yes
[ -z "$(setting AUTH0_DOMAIN)$(setting OIDC_ISSUER)" ] || LOCAL_TENANT=no

APP_PORT=${PORT:-8080}
TENANT_PORT=${TENANT_PORT:-4400}
# Where this machine reaches the app, and where people do. Read by the scripts.
# shellcheck disable=SC2034
APP_ADDRESS=http://127.0.0.1:$APP_PORT
PUBLIC_ADDRESS=http://localhost:$APP_PORT
if [ "$LOCAL_TENANT" = no ]; then
  APP_PORT=$(setting PORTICO_LISTEN)
  APP_PORT=${APP_PORT##*:}
  APP_PORT=${APP_PORT:-8080}
  # shellcheck disable=SC2034
  APP_ADDRESS=http://127.0.0.1:$APP_PORT
  PUBLIC_ADDRESS=$(setting AUTH0_CALLBACK_URL)
  PUBLIC_ADDRESS=${PUBLIC_ADDRESS%/callback}
fi

# All that has to be there before the app can be built and started. What fails quickly comes first.
require_what_runs() {
  require_node
  if [ "$LOCAL_TENANT" = yes ]; then
    require_port "$APP_PORT" PORT
    require_port "$TENANT_PORT" TENANT_PORT
  else
    require_port "$APP_PORT" PORTICO_LISTEN
  fi
  require_rust
  require_disk
  require_cargo_leptos
  [ "$LOCAL_TENANT" = no ] || require_npm_packages end2end "the local tenant and the browser tests"
}

# Exports all that Portico needs.
use_local_settings() {
  make_local_secrets
  if [ "$LOCAL_TENANT" = yes ]; then
    # Empty counts as not set, and keeps what a half-filled .env says out of it.
    export AUTH0_DOMAIN='' OIDC_ISSUER="http://127.0.0.1:$TENANT_PORT/"
    export AUTH0_CLIENT_ID=portico-local AUTH0_AUDIENCE=https://api.portico.example/
    AUTH0_CLIENT_SECRET=$(value_in "$LOCAL_SECRETS" AUTH0_CLIENT_SECRET)
    export AUTH0_CLIENT_SECRET AUTH0_CALLBACK_URL="$PUBLIC_ADDRESS/callback"
    export PORTICO_LISTEN="127.0.0.1:$APP_PORT"
    # The tenant has the Authorization Extension's API: its groups have descriptions.
    export PORTICO_DIRECTORY=authorization_extension AUTHZ_EXTENSION_URL="http://127.0.0.1:$TENANT_PORT/authz/api"
    AUTH0_MANAGEMENT_CLIENT_SECRET=$(value_in "$LOCAL_SECRETS" TENANT_MACHINE_SECRET)
    export AUTH0_MANAGEMENT_CLIENT_ID=portico-machine AUTH0_MANAGEMENT_CLIENT_SECRET AUTH0_TENANT_DOMAIN=''
  fi
  provide PORTICO_SECRET "$(value_in "$LOCAL_SECRETS" PORTICO_SECRET)"
  case $(setting SURREALDB_URL) in
  ws://* | wss://*) ;; # a database of your own: its names and its password are yours
  *)
    provide SURREALDB_URL surrealkv://data/portico
    provide SURREALDB_NS portico
    provide SURREALDB_DB portico
    provide SURREALDB_USER portico
    provide SURREALDB_PASSWORD "$(value_in "$LOCAL_SECRETS" SURREALDB_PASSWORD)"
    ;;
  esac
}

# The tenant's program. It gets its own two secrets, and none of the app's.
local_tenant() {
  TENANT_CLIENT_SECRET=$(value_in "$LOCAL_SECRETS" AUTH0_CLIENT_SECRET)
  TENANT_MACHINE_SECRET=$(value_in "$LOCAL_SECRETS" TENANT_MACHINE_SECRET)
  unset AUTH0_CLIENT_SECRET AUTH0_MANAGEMENT_CLIENT_SECRET PORTICO_SECRET SURREALDB_PASSWORD
  export TENANT_PORT TENANT_APP_ORIGIN="$PUBLIC_ADDRESS" TENANT_CLIENT_SECRET TENANT_MACHINE_SECRET
  exec node end2end/tenant/main.mjs
}

# Starts it and waits for it, unless a sign-in service of your own is set.
TENANT_LOG=
start_local_tenant() {
  if [ "$LOCAL_TENANT" = no ]; then
    step "Using the sign-in service that .env names: $(setting AUTH0_DOMAIN)$(setting OIDC_ISSUER)"
    return
  fi
  step "Starting the local tenant on http://127.0.0.1:$TENANT_PORT/" "a few seconds"
  mkdir -p target
  TENANT_LOG=target/tenant.log
  start "The local tenant" "$TENANT_LOG" local_tenant
  ready "http://127.0.0.1:$TENANT_PORT/.well-known/openid-configuration" 30 || give_up
}

introduce_people() {
  [ "$LOCAL_TENANT" = yes ] || return 0
  say ""
  say "The local tenant knows these people; pick one on its sign-in page, there are no passwords:"
  node scripts/lib/people.mjs
}

# Says which service failed and how, with what it said last if that is not on the terminal already.
give_up() {
  if [ -n "$TENANT_LOG" ] && [ -s "$TENANT_LOG" ]; then
    case $FAILED in
    "The local tenant"*)
      say "" >&2
      tail -n 15 "$TENANT_LOG" >&2
      ;;
    esac
  fi
  die "$FAILED: everything else is being stopped."
}

# Waits for as long as every service lives. From here on Ctrl-C is the ordinary way out.
watch_over_services() {
  trap 'at_exit say_stopped; exit 0' INT
  while all_alive; do pause; done
  give_up
}

say_stopped() { say "Stopped."; }
