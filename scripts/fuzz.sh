#!/usr/bin/env bash
# `make fuzz`: Schemathesis reads /api/openapi.json and sends the JSON API what it allows, and much that
# it does not. Takes what is built, and starts a server, a tenant and a database of its own.
#
#   FUZZ_OPTIONS='--max-examples 500 --seed 1'   further options of `schemathesis run`
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname "$0")/lib/common.sh"
# shellcheck source=scripts/lib/processes.sh
. scripts/lib/processes.sh
# shellcheck source=scripts/lib/requirements.sh
. scripts/lib/requirements.sh

require_node
require_rust
require_disk
require_cargo_leptos
require_npm_packages end2end "the local tenant"
require_schemathesis

step "Building Portico" "about 15 minutes the first time, seconds when nothing changed"
run cargo_leptos build || die "The build failed: see the messages above."

step "Trying the JSON API" "about a minute"
PORTICO_BIN=$(target_dir)/debug/portico
LEPTOS_SITE_ROOT=$ROOT/target/site
export PORTICO_BIN LEPTOS_SITE_ROOT SCHEMATHESIS
# shellcheck disable=SC2086
run node end2end/api/fuzz.mjs ${FUZZ_OPTIONS:-} || die "The API does not keep to its description: see the report above."
