#!/usr/bin/env bash
# `make fuzz`: what nobody would send. First the property tests, each for a minute and with other inputs each time:
# cookies, return addresses, tokens, claims, the directory's answers. Then Schemathesis reads
# /api/openapi.json and sends the JSON API what it allows, and much that it does not; it takes what is built, and
# starts a server, a tenant and a database of its own.
#
#   FUZZ_SECONDS=60                              how long each property is tried
#   FUZZ_PROPERTY=cookie                         only those with this in their names
#   FUZZ_SEED=1                                  with which inputs first
#   FUZZ_OPTIONS='--max-examples 500 --seed 1'   further options of `schemathesis run`
#
# An input that fails is kept in a file under proptest-regressions, beside the sources: it is tried first from then on,
# by `make test` as well. Commit it with what mends the fault.
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

# How often a property is tried before the clock is looked at.
readonly BATCH=1000
SECONDS_EACH=${FUZZ_SECONDS:-60}
SEED=${FUZZ_SEED:-$(date +%s)}
FOLDER=$(mktemp -d)
tidy_up() { rm -rf "$FOLDER"; }
at_exit tidy_up

# The programs that have properties in them. Where each is, only the messages of the build say.
properties_built() {
  cargo test --locked --features ssr --lib --test portico --no-run --message-format=json-render-diagnostics >"$FOLDER/build"
}
programs() {
  node -e '
    for (const line of require("fs").readFileSync(process.argv[1], "utf8").split("\n")) {
      const built = line.startsWith("{") ? JSON.parse(line) : {};
      if (built.profile?.test && built.executable) console.log(built.executable);
    }' "$FOLDER/build"
}

# try PROGRAM PROPERTY: with other inputs each time, until its time is over.
try() {
  local program=$1 property=$2 seed=$SEED cases=0 end=$((SECONDS + SECONDS_EACH))
  while [ "$SECONDS" -lt "$end" ]; do
    if ! run env PROPTEST_CASES="$BATCH" PROPTEST_RNG_SEED="$seed" "$program" --exact "$property" >"$FOLDER/log" 2>&1; then
      cat "$FOLDER/log"
      die "A property does not hold: the smallest input is above, and FUZZ_SEED=$seed FUZZ_PROPERTY=$property finds it again."
    fi
    seed=$((seed + 1))
    cases=$((cases + BATCH))
  done
  say "$property: held $cases times"
}

step "Building the properties" "about 10 minutes the first time"
run properties_built || die "The build failed: see the messages above."
programs | while read -r program; do
  "$program" --list --format=terse | awk -v program="$program" -v word="${FUZZ_PROPERTY:-}" '
    sub(/: test$/, "") && /properties::/ && (word == "" || index($0, word)) { print $0, program }'
done >"$FOLDER/properties"
[ -s "$FOLDER/properties" ] || die "No property is called that."

step "Trying $(awk 'END { print NR }' "$FOLDER/properties") properties, from the seed $SEED on" "$(duration "$SECONDS_EACH") each"
while read -r property program <&3; do try "$program" "$property"; done 3<"$FOLDER/properties"

step "Building Portico" "about 15 minutes the first time, seconds when nothing changed"
run cargo_leptos build || die "The build failed: see the messages above."

step "Trying the JSON API" "about a minute"
PORTICO_BIN=$(target_dir)/debug/portico
LEPTOS_SITE_ROOT=$ROOT/target/site
export PORTICO_BIN LEPTOS_SITE_ROOT SCHEMATHESIS
# shellcheck disable=SC2086
run node end2end/api/fuzz.mjs ${FUZZ_OPTIONS:-} || die "The API does not keep to its description: see the report above."
