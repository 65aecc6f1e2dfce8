#!/usr/bin/env bash
# `make release`: the production build, put together in target/dist as it is deployed:
#
#   portico    the server
#   hash.txt   the names of the site's files; it belongs beside the server
#   site/      scripts, styles and icons, also compressed with brotli and gzip
#
# Without the embedded database: production talks to a SurrealDB of its own (ws:// or wss://).
# EMBEDDED=1 puts the database into the server (surrealkv://, mem://), and takes far longer.
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname "$0")/lib/common.sh"
# shellcheck source=scripts/lib/processes.sh
. scripts/lib/processes.sh
# shellcheck source=scripts/lib/requirements.sh
. scripts/lib/requirements.sh

require_release_build

features=(--bin-cargo-args=--no-default-features)
expected="about 15 minutes the first time"
if [ -n "${EMBEDDED:-}" ]; then
  features=()
  expected="about 30 minutes the first time"
fi

step "Building the release" "$expected"
# A file of an older release must not stay among the hashed ones.
rm -rf target/dist
run cargo_leptos build --release --precompress ${features[@]+"${features[@]}"} || die "The build failed: see the messages above."

built=$(target_dir)/release
mkdir -p target/dist
cp "$built/portico" "$built/hash.txt" target/dist/
cp -R target/site target/dist/site
step "The release is in target/dist"
