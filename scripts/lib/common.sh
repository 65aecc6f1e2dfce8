# shellcheck shell=bash
# What every script here shares: where things are, how it speaks, how it gives up.
# Works with bash 3.2 and BSD tools, which is what macOS has.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$ROOT" || exit 1

# Outlives a clone: tools that take minutes to build, and what else can be fetched again.
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/portico
TOOLS=$CACHE/tools

# A shell that was open while rustup was installed does not know its folder yet.
export PATH="$TOOLS/bin:$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"

# One line a step, so that a long one is never a surprise: what, and how long it takes.
step() { printf '\n==> %s%s\n' "$1" "${2:+  ($2)}"; }

say() { printf '%s\n' "$*"; }

# One plain sentence, and out.
die() {
  printf '\n%s\n' "$*" >&2
  exit 1
}

# Seconds, as a person says them.
duration() {
  if [ "$1" -lt 60 ]; then printf '%d s' "$1"; else printf '%d min %d s' $(($1 / 60)) $(($1 % 60)); fi
}

# Where cargo builds: CARGO_TARGET_DIR, a user's own cargo configuration, or ./target.
target_dir() {
  local metadata
  metadata=$(cargo metadata --format-version 1 --no-deps) || die "Cargo cannot read this project: see its message above."
  node -p 'JSON.parse(process.argv[1]).target_directory' "$metadata"
}

# The version of a crate in Cargo.lock.
locked_version() {
  awk -v name="$1" '$1 == "name" && $3 == "\"" name "\"" { getline; gsub(/"/, "", $3); print $3; exit }' Cargo.lock
}
