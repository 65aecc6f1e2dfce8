#!/usr/bin/env bash
# `make clean`: removes what was built, and the npm packages. Settings, secrets and data stay.
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname "$0")/lib/common.sh"

# With a target folder elsewhere, ./target still has the built site and the release.
cargo clean
rm -rf target end2end/node_modules end2end/test-results end2end/playwright-report end2end/screenshots scripts/wasm-opt/node_modules
