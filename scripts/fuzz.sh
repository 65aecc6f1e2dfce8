#!/usr/bin/env bash
# `make fuzz`: what nobody would send. First the property tests, many more times than `make test` tries them and with
# other inputs each time: cookies, return addresses, tokens, claims, the directory's answers. Then Schemathesis reads
# /api/openapi.json and sends the JSON API what it allows, and much that it does not; it takes what is built, and
# starts a server, a tenant and a database of its own.
#
#   FUZZ_CASES=100000                            how many times each property is tried
#   FUZZ_SEED=1                                  with which inputs; what fails says so, and is tried first the next time
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

seed=${FUZZ_SEED:-$(date +%s)}
step "Trying the properties, with the seed $seed" "about a minute each, after the build"
run env PROPTEST_CASES="${FUZZ_CASES:-20000}" PROPTEST_RNG_SEED="$seed" cargo test --locked --features ssr --lib --test portico properties:: ||
  die "A property does not hold: the smallest input is above, and FUZZ_SEED=$seed finds it again."

step "Building Portico" "about 15 minutes the first time, seconds when nothing changed"
run cargo_leptos build || die "The build failed: see the messages above."

step "Trying the JSON API" "about a minute"
PORTICO_BIN=$(target_dir)/debug/portico
LEPTOS_SITE_ROOT=$ROOT/target/site
export PORTICO_BIN LEPTOS_SITE_ROOT SCHEMATHESIS
# shellcheck disable=SC2086
run node end2end/api/fuzz.mjs ${FUZZ_OPTIONS:-} || die "The API does not keep to its description: see the report above."
