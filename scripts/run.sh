#!/usr/bin/env bash
# `make run`: from a fresh clone to Portico in the browser. Installs what is missing, builds, starts
# the local tenant and the app, says who can sign in, and stops both on Ctrl-C.
#
# With AUTH0_DOMAIN or OIDC_ISSUER in .env (or in the environment) it uses that sign-in service
# instead of the local tenant.
#
#   PORT=8080          the app's port, with the local tenant
#   TENANT_PORT=4400   the local tenant's port
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname "$0")/lib/common.sh"
# shellcheck source=scripts/lib/processes.sh
. scripts/lib/processes.sh
# shellcheck source=scripts/lib/requirements.sh
. scripts/lib/requirements.sh
# shellcheck source=scripts/lib/local_settings.sh
. scripts/lib/local_settings.sh

require_what_runs
step "Building Portico" "about 15 minutes the first time, seconds when nothing changed"
run cargo_leptos build || die "The build failed: see the messages above."
use_local_settings

export LEPTOS_SITE_ROOT=target/site
program=$(target_dir)/debug/portico

start_local_tenant
step "Starting Portico" "a few seconds"
start "Portico" - "$program"
ready "$APP_ADDRESS/readyz" 60 || give_up

say ""
say "Portico is ready:  $PUBLIC_ADDRESS"
introduce_people
say ""
say "Ctrl-C stops it."
watch_over_services
