# shellcheck shell=bash
# The checks of the sources, shared by `make check` and `make test`.

# check WHAT EXPECTED COMMAND...: one check; the script ends with the first that fails.
check() {
  local what=$1
  step "$what" "$2"
  shift 2
  run "$@" || die "$what: failed, see above."
}

typecheck() { cd end2end && npx --no-install tsc --noEmit; }

check_sources() {
  check "Format of the Rust sources" "a second" cargo fmt --all --check
  check "Types of the browser tests" "a few seconds" typecheck
  # The two sides of the program are compiled apart, so each is checked apart.
  check "Clippy on the server" "about 5 minutes the first time, then seconds" \
    cargo clippy --locked --features ssr --all-targets -- -D warnings
  check "Clippy on the browser's side" "about a minute the first time, then seconds" \
    cargo clippy --locked --lib --no-default-features --features hydrate --target "$WASM_TARGET" -- -D warnings
}
