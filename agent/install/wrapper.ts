/**
 * The keeper's wrapper: a small shell that opens the watchdog device, holds it while keepers come and go, and starts
 * the next keeper when one ends. What it may do with the device is decided by `keeper-plan`, in TypeScript.
 */

/** How keeper and wrapper understand each other: see KEEPER_EXIT in agent/keeper/loopTypes.ts. */
const LEFT = 42;
const REOPEN_WATCHDOG = 43;
const ALREADY_RUNNING = 44;
const NOT_SET_UP = 45;
/** Real-time priority of the keeper: above everything ordinary, below the kernel's own threads. */
const PRIORITY = 20;

export interface WrapperOptions {
  /** Folder of the installed version, through the link that an upgrade moves. */
  readonly programDir: string;
  /** The keeper's run file: beside it lies the exit code of a keeper that could only end by a kill. */
  readonly runFile: string;
  readonly uptimeFile: string;
  /** Further arguments of the roles; a test puts `--root` there. */
  readonly roleArguments: string;
}

export const hostWrapper: WrapperOptions = {
  programDir: '/opt/understudy/current',
  runFile: '/run/understudy/keeper.json',
  uptimeFile: '/proc/uptime',
  roleArguments: '',
};

const watchdogPart = (options: WrapperOptions): string => `#!/bin/sh
# Holds the watchdog device for the Understudy keeper and keeps the keeper running. Installed by Understudy.
set -eu
program='${options.programDir}'
run_file='${options.runFile}'
keeper='' stopping=''
# Pets, journal, disk and process look-ups may each hold a thread for ever; none of them may wait for another.
export UV_THREADPOOL_SIZE=8
export LC_ALL=C

# Reads what to do with the device; every failure means "leave it alone".
plan_watchdog() {
  device=- seconds=0 set=yes until=- why='the plan for the watchdog could not be made'
  while read -r key value; do
    case $key in
      device) device=$value ;;
      seconds) seconds=$value ;;
      set) set=$value ;;
      until) until=$value ;;
      why) why=$value ;;
    esac
  done <<EOF
$("$program/node" "$program/agent.cjs" keeper-plan ${options.roleArguments} || :)
EOF
}

# Whether the right to pet, which the plan found, still holds: this shell may have been frozen since.
in_time() {
  [ "$until" != - ] || return 0
  read -r now _ <'${options.uptimeFile}' || return 1
  [ "\${now%.*}\${now#*.}0" -lt "$until" ]
}

# Setting the timeout opens and closes the device, which pets it just as an open does.
open_watchdog() {
  unset UNDERSTUDY_WATCHDOG_FD
  plan_watchdog
  # A keeper that asks for it has told the other hosts first.
  [ "$1" = first ] || set=yes
  if [ "$device" != - ] && [ ! -e "$device" ]; then
    why="there is no $device"
  elif [ "$device" != - ]; then
    if ! in_time; then
      why='the right to pet it has passed'
    elif [ "$set" = yes ] && ! timeout 5 wdctl -s "$seconds" "$device" >"$run_file.wdctl" 2>&1; then
      why="its timeout can not be set: $(cat "$run_file.wdctl")"
    elif in_time && command exec 3>>"$device"; then
      export UNDERSTUDY_WATCHDOG_FD=3
      why=''
    else
      why="$device can not be opened, or no longer in time"
    fi
  fi
  # What was printed when it was set last holds as long as nobody sets it again.
  UNDERSTUDY_WATCHDOG_REPORT=$(cat "$run_file.wdctl" 2>/dev/null || :)
  export UNDERSTUDY_WATCHDOG_WHY="$why" UNDERSTUDY_WATCHDOG_SECONDS="$seconds" UNDERSTUDY_WATCHDOG_REPORT
}

close_watchdog() {
  [ -n "\${UNDERSTUDY_WATCHDOG_FD:-}" ] || return 0
  printf V >&3 || :
  exec 3>&-
  unset UNDERSTUDY_WATCHDOG_FD
}

`;

const keeperPart = (options: WrapperOptions): string => `
start_keeper() {
  rm -f "$run_file.exit"
  real_time=''
  if chrt -f ${PRIORITY} true 2>/dev/null; then real_time='chrt -f ${PRIORITY}'; fi
  # shellcheck disable=SC2086
  $real_time "$program/node" "$program/agent.cjs" keeper ${options.roleArguments} &
  keeper=$!
  [ -z "$stopping" ] || kill -TERM "$keeper" 2>/dev/null || :
}

# A signal interrupts the wait; the keeper decides when it may go.
wait_for_keeper() {
  while :; do
    code=0
    wait "$keeper" || code=$?
    kill -0 "$keeper" 2>/dev/null || break
  done
  if [ -r "$run_file.exit" ]; then read -r code <"$run_file.exit" || :; fi
}

trap 'stopping=yes; [ -z "$keeper" ] || kill -TERM "$keeper" 2>/dev/null || :' TERM INT
open_watchdog first
while :; do
  start_keeper
  wait_for_keeper
  case $code in
    ${LEFT})
      close_watchdog
      exit 0
      ;;
    ${REOPEN_WATCHDOG})
      close_watchdog
      open_watchdog again
      ;;
    ${ALREADY_RUNNING} | ${NOT_SET_UP})
      sleep 2
      ;;
    *)
      printf 'the keeper ended with %s and is started again\\n' "$code" >&2
      sleep 0.2
      ;;
  esac
done
`;

/** POSIX sh. `wdctl`, `chrt` and `timeout` are asked for what they can; without them it says so and goes on. */
export function wrapperScript(options: WrapperOptions = hostWrapper): string {
  return watchdogPart(options) + keeperPart(options);
}

/** The command line on the host: `understudy status` and the like. */
export function commandScript(programDir: string = hostWrapper.programDir): string {
  return `#!/bin/sh
# The command line of Understudy on this host. Installed by Understudy.
exec '${programDir}/node' '${programDir}/agent.cjs' "$@"
`;
}
