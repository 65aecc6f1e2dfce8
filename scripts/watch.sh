#!/usr/bin/env bash
# `make watch`: the local tenant, and `cargo leptos watch`, which builds and starts the app again
# after every change to the sources. Takes the same settings as `make run`.
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
use_local_settings
start_local_tenant
introduce_people
step "Building and watching: $PUBLIC_ADDRESS answers when the build is done" "about 15 minutes the first time, then seconds"
start "cargo leptos watch" - cargo_leptos watch
watch_over_services
