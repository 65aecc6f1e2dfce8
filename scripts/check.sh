#!/usr/bin/env bash
# `make check`: what can be said about the sources without running them. Also the first part of `make test`.
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname "$0")/lib/common.sh"
# shellcheck source=scripts/lib/processes.sh
. scripts/lib/processes.sh
# shellcheck source=scripts/lib/requirements.sh
. scripts/lib/requirements.sh
# shellcheck source=scripts/lib/checks.sh
. scripts/lib/checks.sh

require_node
require_rust
require_disk
require_npm_packages end2end "the local tenant and the browser tests"
check_sources
say ""
say "Nothing to complain about, after $(duration "$SECONDS")."
