# shellcheck shell=bash
# Programs in the background: each in a process group of its own, so that stopping one stops all that
# it started, and nothing outlives the script that started it.

SERVICE_PIDS=()
SERVICE_NAMES=()

# start NAME LOG COMMAND...: runs COMMAND in the background. LOG is a file, or `-` for this terminal.
start() {
  local name=$1 log=$2
  shift 2
  # `set -m` gives the job its own process group; it stays on for no longer than that.
  set -m
  if [ "$log" = - ]; then
    "$@" </dev/null &
  else
    "$@" </dev/null >"$log" 2>&1 &
  fi
  SERVICE_PIDS+=($!)
  SERVICE_NAMES+=("$name")
  set +m
}

# run COMMAND...: runs COMMAND to its end, as a group too: a signal to this script ends it and all its children at once.
RUNNING_PID=
run() {
  local status=0
  set -m
  "$@" </dev/null &
  RUNNING_PID=$!
  set +m
  wait "$RUNNING_PID" || status=$?
  RUNNING_PID=
  return "$status"
}

# stop_group SIGNAL PID: asks a process group to end, gives it longer than Portico takes to finish its
# open requests (10 s), then insists.
stop_group() {
  local signal=$1 pid=$2 tries=0
  kill "-$signal" -- "-$pid" 2>/dev/null || return 0
  while kill -0 -- "-$pid" 2>/dev/null; do
    tries=$((tries + 1))
    if [ "$tries" -gt 150 ]; then
      kill -KILL -- "-$pid" 2>/dev/null || true
      break
    fi
    sleep 0.1
  done
  wait "$pid" 2>/dev/null || true
}

# Stops what `run` is running and everything `start` started, the last one first.
stop_all() {
  local i=${#SERVICE_PIDS[@]}
  # Ctrl-C is what test runners and builds expect: Playwright tidies up after SIGINT only.
  [ -z "$RUNNING_PID" ] || stop_group INT "$RUNNING_PID"
  RUNNING_PID=
  while [ "$i" -gt 0 ]; do
    i=$((i - 1))
    stop_group TERM "${SERVICE_PIDS[$i]}"
  done
  SERVICE_PIDS=()
  SERVICE_NAMES=()
}

# Fails as soon as one of the services has ended. FAILED then has what to tell a person.
# shellcheck disable=SC2034
FAILED=
all_alive() {
  local i status
  for ((i = 0; i < ${#SERVICE_PIDS[@]}; i++)); do
    kill -0 "${SERVICE_PIDS[$i]}" 2>/dev/null && continue
    status=0
    wait "${SERVICE_PIDS[$i]}" 2>/dev/null || status=$?
    if [ "$status" -gt 128 ]; then
      FAILED="${SERVICE_NAMES[$i]} was stopped by signal $((status - 128))"
    else
      FAILED="${SERVICE_NAMES[$i]} ended by itself with status $status"
    fi
    return 1
  done
}

# A second, during which a signal is still heard at once.
pause() {
  sleep 1 &
  wait $! || true
}

# ready URL SECONDS: waits until URL answers 200; false when it does not, or when a service ended meanwhile.
ready() {
  local url=$1 deadline=$((SECONDS + $2)) answer
  until answer=$(node scripts/lib/net.mjs ready "$url"); do
    all_alive || return 1
    if [ "$SECONDS" -ge "$deadline" ]; then
      # shellcheck disable=SC2034
      FAILED="$url did not become ready within $2 s ($answer)"
      return 1
    fi
    pause
  done
}

# require_port PORT VARIABLE: refuses to begin when another program has the port.
require_port() {
  local holder=
  node scripts/lib/net.mjs free "$1" && return 0
  if command -v lsof >/dev/null 2>&1; then
    holder=$(lsof -nP -iTCP:"$1" -sTCP:LISTEN -Fcp 2>/dev/null |
      awk '/^p/ { pid = substr($0, 2) } /^c/ { print " (" substr($0, 2) ", process " pid ")"; exit }')
  fi
  die "Port $1 is taken by another program$holder: stop that one, or choose another port with $2=<port>."
}

# Whatever ends the script, nothing that it started outlives it. `at_exit COMMAND` is run last, with the status.
AT_EXIT=:
at_exit() { AT_EXIT=$1; }
leave() {
  local status=$?
  # A second Ctrl-C must not interrupt the tidying up.
  trap '' INT TERM HUP
  trap - EXIT
  stop_all
  "$AT_EXIT" "$status"
  exit "$status"
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
