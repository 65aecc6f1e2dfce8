# Reads what a test runner printed and says how many tests passed, how many failed, and whether
# it found a closing line at all: `12 0 yes`.
# Knows the closing lines of cargo test, cargo-nextest, Node's test runner and Playwright.

{ gsub(/\033\[[0-9;]*[A-Za-z]/, "") }

# cargo test, once for each binary:  test result: ok. 5 passed; 0 failed; 1 ignored; …
/^test result: / {
  passed += number_before(" passed"); failed += number_before(" failed"); found = 1
  next
}

# cargo-nextest:  Summary [   2.1s] 57 tests run: 55 passed (1 slow), 1 failed, 1 timed out, 2 skipped
/^ *Summary \[/ {
  passed += number_before(" passed")
  failed += number_before(" failed") + number_before(" timed out") + number_before(" exec failed")
  found = 1
  next
}

# Node:  ℹ pass 12   or, not on a terminal,   # pass 12
/^(ℹ|#) pass [0-9]+$/ { passed += $3; found = 1; next }
/^(ℹ|#) (fail|cancelled) [0-9]+$/ { failed += $3; next }

# Playwright:    34 passed (1.2m)      1 failed      2 flaky      3 did not run
/^ +[0-9]+ passed( \([0-9.]+m?s?m?h?\))?$/ { passed += $1; found = 1; next }
/^ +[0-9]+ (failed|interrupted|flaky)$/ { failed += $1; found = 1; next }
/^ +[0-9]+ errors? (was|were) not a part of any test/ { failed += $1; found = 1; next }

function number_before(words,   at, text) {
  at = index($0, words)
  if (at == 0) return 0
  text = substr($0, 1, at - 1)
  sub(/^.*[^0-9]/, "", text)
  return text + 0
}

END { print passed + 0, failed + 0, found ? "yes" : "no" }
