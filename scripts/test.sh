#!/usr/bin/env bash
# `make test`: everything that says whether Portico works, from the format of the sources to a person
# signing in with a real browser. Starts and stops all that it needs, on ports that are free.
#
# The browser tests find what they need in the environment (end2end/playwright.config.ts):
#   E2E_SERVER        the built server, an absolute path
#   E2E_SITE_ROOT     the built site, an absolute path (the server's LEPTOS_SITE_ROOT)
#   E2E_APP_PORT      a free port for the app
#   E2E_TENANT_PORT   a free port for the local tenant
#   CHROMIUM_PATH     the browser; empty: Playwright's own
#
# The last line is `N passed, N failed`, over all runners. It is also written to TALLY_FILE when that is set.
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname "$0")/lib/common.sh"
# shellcheck source=scripts/lib/processes.sh
. scripts/lib/processes.sh
# shellcheck source=scripts/lib/requirements.sh
. scripts/lib/requirements.sh
# shellcheck source=scripts/lib/checks.sh
. scripts/lib/checks.sh

PASSED=0
FAILURES=0
STEP=
LOG_FOLDER=$(mktemp -d)

# A step that fails before its runner could count counts as one failure.
close() {
  local how=failed
  [ "$1" -le 128 ] || how="was stopped"
  rm -rf "$LOG_FOLDER"
  if [ -n "$STEP" ]; then
    [ "$FAILURES" -gt 0 ] || FAILURES=1
    say ""
    say "make test $how in: $STEP. What comes after it was not run."
  fi
  say "$PASSED passed, $FAILURES failed" | tee ${TALLY_FILE:+"$TALLY_FILE"}
}
at_exit close

# The tests decide what the programs they start are told; a developer's own settings are not for them.
for name in $(compgen -e); do
  case $name in
  AUTH0_* | AUTHZ_* | OIDC_* | SURREALDB_* | PORTICO_* | LEPTOS_* | TENANT_* | E2E_*) unset "$name" ;;
  esac
done
# Nor is .env, which the server looks for from its working folder upwards. It lets the environment
# win, and a setting that is empty there is not set.
while read -r name; do export "$name="; done < <(sed -nE 's/^#?([A-Z0-9_]+)=.*/\1/p' .env.example)

# count WHAT EXPECTED COMMAND...: a check whose runner says how many tests passed and failed.
count() {
  local what=$1 log=$LOG_FOLDER/log status=0 passed failed found
  step "$what" "$2"
  shift 2
  run keep_copy "$log" "$@" || status=$?
  read -r passed failed found <<<"$(awk -f scripts/lib/tally.awk "$log")"
  PASSED=$((PASSED + passed))
  FAILURES=$((FAILURES + failed))
  [ "$status" -eq 0 ] || die "$what: failed, see above."
  [ "$found" = yes ] || die "$what: the runner did not say how many tests it ran."
  [ "$failed" -eq 0 ] || die "$what: the runner counts failures but ended as if there were none."
}

# The terminal shows what the runner says as it says it, and a copy stays.
keep_copy() {
  local log=$1
  shift
  "$@" 2>&1 | tee "$log"
}

tenant_tests() { cd end2end && node --test --test-reporter=spec tenant/tests/*.test.mjs; }
browser_tests() { cd end2end && npx --no-install playwright test; }

STEP="the requirements"
require_node
require_rust
require_disk
require_cargo_leptos
require_npm_packages end2end "the local tenant and the browser tests"
require_chromium

STEP="the checks of the sources"
check_sources

STEP="the local tenant's tests"
count "Tests of the local tenant" "under a minute" tenant_tests

STEP="the Rust tests"
if cargo nextest --version >/dev/null 2>&1; then
  count "Rust tests" "about 10 minutes the first time" cargo nextest run --locked --features ssr --no-fail-fast --no-tests=fail
else
  count "Rust tests" "about 10 minutes the first time" cargo test --locked --features ssr --no-fail-fast --lib --bins --tests
fi
count "Examples in the documentation of the sources" "under a minute" cargo test --locked --features ssr --doc

STEP="the check of the server without the embedded database"
check "The server as production builds it, without the embedded database" "about 3 minutes the first time" \
  cargo check --locked --no-default-features --features ssr

STEP="the build"
check "Building Portico" "about 3 minutes the first time" cargo_leptos build

STEP="the browser tests"
E2E_SERVER=$(target_dir)/debug/portico
E2E_SITE_ROOT=$ROOT/target/site
read -r E2E_APP_PORT E2E_TENANT_PORT <<<"$(node scripts/lib/net.mjs pick 2)"
export E2E_SERVER E2E_SITE_ROOT E2E_APP_PORT E2E_TENANT_PORT
count "Browser tests" "a few minutes" browser_tests
for port in "$E2E_APP_PORT" "$E2E_TENANT_PORT"; do
  node scripts/lib/net.mjs free "$port" || die "The browser tests left something running on port $port."
done

STEP=
say ""
say "All of it took $(duration "$SECONDS")."
