# shellcheck shell=bash
# What has to be on the machine. What can be installed without asking is installed, each as a step of
# its own; for the rest there is one sentence that says what to do.

readonly WASM_TARGET=wasm32-unknown-unknown
readonly CARGO_LEPTOS_VERSION=0.3.10
readonly OLDEST_NODE=20

require_node() {
  local version
  command -v node >/dev/null 2>&1 ||
    die "Node.js is missing: install version $OLDEST_NODE or newer from https://nodejs.org, then run this again."
  version=$(node -p 'process.versions.node') || die "Node.js does not start: reinstall it from https://nodejs.org, then run this again."
  [ "${version%%.*}" -ge "$OLDEST_NODE" ] ||
    die "Node.js $version is too old: install version $OLDEST_NODE or newer from https://nodejs.org, then run this again."
  command -v npm >/dev/null 2>&1 ||
    die "npm is missing: install it (it comes with Node.js from https://nodejs.org), then run this again."
}

# Rust by rustup, in the version rust-toolchain.toml names, with what that file asks for.
require_rust() {
  local channel
  command -v rustup >/dev/null 2>&1 ||
    die "rustup is missing: install Rust from https://rustup.rs, then run this again."
  command -v cc >/dev/null 2>&1 ||
    die "A C compiler is missing: install one (Debian, Ubuntu: apt-get install build-essential; macOS: xcode-select --install), then run this again."
  channel=$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)
  if ! rustc --version >/dev/null 2>&1; then
    step "Installing Rust $channel" "about a minute, once"
    run rustup toolchain install "$channel" --profile minimal || die "Rust $channel could not be installed: see rustup's message above."
  fi
  # Not every rustup installs by itself what the file asks for.
  if ! cargo fmt --version >/dev/null 2>&1 || ! cargo clippy --version >/dev/null 2>&1; then
    step "Adding rustfmt and clippy to Rust $channel" "a few seconds, once"
    run rustup component add rustfmt clippy || die "rustfmt and clippy could not be added: see rustup's message above."
  fi
  if ! rustup target list --installed | grep -qx "$WASM_TARGET"; then
    step "Adding the WASM target to Rust $channel" "a few seconds, once"
    run rustup target add "$WASM_TARGET" || die "The WASM target could not be added: see rustup's message above."
  fi
}

# Free space where cargo builds and where tools are kept, before the build finds out after ten minutes.
require_disk() {
  local folder needed=12 free place
  folder=$(target_dir)
  # A build that is there already has most of what it needs.
  if [ -d "$folder/debug/deps" ]; then needed=3; fi
  place=$folder
  while [ ! -d "$place" ]; do place=$(dirname "$place"); done
  free=$(df -Pk "$place" | awk 'NR == 2 { print int($4 / 1048576) }')
  [ "$free" -ge "$needed" ] ||
    die "The disk is nearly full: building in $folder needs $needed GB, and $free GB are free."
}

# cargo_tool CRATE BINARY VERSION EXPECTED ARGUMENT...: a command-line tool from crates.io in exactly that version.
cargo_tool() {
  local crate=$1 binary=$2 version=$3 expected=$4 found root=()
  shift 4
  found=$(installed_version "$binary")
  [ "$found" = "$version" ] && return
  if [ -n "$found" ]; then
    # Another project may need that one: ours goes beside it, and is found first (see PATH in common.sh).
    root=(--root "$TOOLS")
    step "Installing $crate $version beside your $found" "$expected, once"
  else
    step "Installing $crate $version" "$expected, once"
  fi
  # A target folder of its own: an install that was broken off goes on where it stopped. Optimising a
  # tool that runs for seconds would take longer than all its runs together; what does run for long
  # is named by the caller.
  CARGO_TARGET_DIR="$TOOLS/build/$crate" \
    CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
    CARGO_PROFILE_RELEASE_DEBUG=0 CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS=fallback \
    run cargo install "$crate" --version "=$version" ${root[@]+"${root[@]}"} "$@" ||
    die "$crate $version could not be installed: see cargo's message above."
  rm -rf "${TOOLS:?}/build/$crate"
  hash -r
  [ "$(installed_version "$binary")" = "$version" ] ||
    die "$crate $version was installed, but \`$binary\` on the PATH is another one: put cargo's bin folder first."
}

# What `BINARY --version` says its version is; nothing when there is none.
installed_version() {
  case $1 in
  cargo-*) cargo "${1#cargo-}" --version 2>/dev/null ;;
  *) "$1" --version 2>/dev/null ;;
  esac | awk 'NR == 1 { print $2 }' || true
}

require_cargo_leptos() {
  local bindgen
  bindgen=$(locked_version wasm-bindgen)
  [ -n "$bindgen" ] || die "Cargo.lock names no wasm-bindgen: restore the file from the repository, then run this again."
  # It must be the very version the WASM was compiled with. Its own lock file is not for installs.
  cargo_tool wasm-bindgen-cli wasm-bindgen "$bindgen" "about a minute"
  cargo_tool cargo-leptos cargo-leptos "$CARGO_LEPTOS_VERSION" "about 5 minutes" --locked --features no_downloads \
    --config 'profile.release.package.brotli.opt-level=3' \
    --config 'profile.release.package.libflate.opt-level=3' \
    --config 'profile.release.package.libflate_lz77.opt-level=3'
}

# Builds, watches… What went wrong is in the messages of the compiler, not in where cargo-leptos was then.
cargo_leptos() { RUST_LIB_BACKTRACE=0 cargo leptos "$@"; }

# npm packages of a folder, exactly as its lock file has them.
require_npm_packages() {
  local folder=$1 what=$2
  if [ "$folder/node_modules/.package-lock.json" -nt "$folder/package-lock.json" ]; then return; fi
  step "Installing $what from npm" "under a minute, once"
  PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 run npm ci --prefix "$folder" --no-audit --no-fund ||
    die "The npm packages in $folder could not be installed: see npm's message above."
  touch "$folder/node_modules/.package-lock.json"
}

# The browser for the tests. Sets CHROMIUM_PATH, or leaves it empty for Playwright's own.
require_chromium() {
  CHROMIUM_PATH=${CHROMIUM_PATH:-}
  if [ -n "$CHROMIUM_PATH" ]; then
    [ -x "$CHROMIUM_PATH" ] || die "CHROMIUM_PATH is $CHROMIUM_PATH, which is not a program."
  elif is_debian && command -v chromium >/dev/null 2>&1; then
    CHROMIUM_PATH=$(command -v chromium)
  elif is_debian && [ "$(id -u)" = 0 ]; then
    step "Installing Chromium from Debian" "about a minute, once"
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends chromium; } ||
      die "Chromium could not be installed: see apt's message above."
    CHROMIUM_PATH=$(command -v chromium)
  else
    # Playwright's own lies in the user's cache; asking again costs a second and downloads nothing.
    step "Having Playwright fetch its Chromium" "about a minute, once"
    (
      cd end2end
      if [ "$(id -u)" = 0 ]; then npx --no-install playwright install --with-deps chromium; else npx --no-install playwright install chromium; fi
    ) || die "Playwright's Chromium could not be installed: see the message above, or set CHROMIUM_PATH to a Chromium you have."
  fi
  export CHROMIUM_PATH
}

is_debian() { grep -qx 'ID=debian' /etc/os-release 2>/dev/null; }

# For release builds only. Found on the PATH, or taken from npm.
require_wasm_opt() {
  command -v wasm-opt >/dev/null 2>&1 && return
  require_npm_packages scripts/wasm-opt "wasm-opt"
  # shellcheck disable=SC2153
  PATH="$ROOT/scripts/wasm-opt/node_modules/.bin:$PATH"
}

# What every release build needs.
require_release_build() {
  require_node
  require_rust
  require_disk
  require_cargo_leptos
  require_wasm_opt
}

# What tries the JSON API. Sets SCHEMATHESIS, or takes the one that is set. In an environment of its own,
# which outlives a clone, so that nothing of the system's Python is touched.
require_schemathesis() {
  local version=4.32.5
  if [ -n "${SCHEMATHESIS:-}" ]; then return; fi
  SCHEMATHESIS=$TOOLS/schemathesis-$version/bin/schemathesis
  if [ -x "$SCHEMATHESIS" ]; then return; fi
  python3 -c 'import sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null ||
    die "Python 3.10 or newer with its venv module is needed for Schemathesis: install python3 and python3-venv, or set SCHEMATHESIS to the program."
  step "Installing Schemathesis $version" "under a minute, once"
  if ! { python3 -m venv "$TOOLS/schemathesis-$version" &&
    run "$TOOLS/schemathesis-$version/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$version"; }; then
    # Half an environment would pass for a whole one.
    rm -rf "${TOOLS:?}/schemathesis-$version"
    die "Schemathesis could not be installed: see pip's message above."
  fi
}
