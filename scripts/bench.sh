#!/usr/bin/env bash
# `make bench`: the release build under load beside a plain Axum route, what sign-ins and a first visit cost, and
# Criterion's benches. It judges nothing: numbers of one run are for comparing with each other.
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname "$0")/lib/common.sh"
# shellcheck source=scripts/lib/processes.sh
. scripts/lib/processes.sh
# shellcheck source=scripts/lib/requirements.sh
. scripts/lib/requirements.sh

require_release_build
require_npm_packages end2end "the local tenant and the browser"
require_chromium

step "Building the release with the embedded database" "about 30 minutes the first time"
run cargo leptos build --release --precompress || die "The build failed: see the messages above."
run cargo build --locked --release --features ssr --example plain || die "The build failed: see the messages above."

PORTICO_BIN=$(target_dir)/release/portico
PLAIN_BIN=$(target_dir)/release/examples/plain
CHROMIUM=${CHROMIUM_PATH:-}
export PORTICO_BIN PLAIN_BIN CHROMIUM
step "Load on one core" "about a minute"
run node benches/load.mjs || die "The load could not be driven: see the messages above."
step "Sign-ins, one after the other" "under a minute"
run node benches/sign-in.mjs || die "The sign-ins could not be measured: see the messages above."
step "First visit on a slow line" "about two minutes"
run node benches/first-visit.mjs || die "The first visit could not be measured: see the messages above."
step "Criterion" "about two minutes"
run cargo bench --locked --features ssr || die "The benches failed: see the messages above."
