import { setTimeout as delay } from 'node:timers/promises';
import { fail } from '../failures.ts';
import { type HostSession, runChecked } from '../ssh/session.ts';
import { virsh } from './virsh.ts';

/** Below this folder each copy has its state; /run forgets it with the boot, and the copy then begins anew. */
const STATE = '/run/understudy-move';
const LOOK_EVERY_MS = 1_500;
/** A terabyte over a gigabit line takes three hours, and is read again to compare. The host ends a copy that takes longer. */
const COPY_WITHIN_S = 86_400;
const CALL_WITHIN_MS = 60_000;

export interface DiskMove {
  /** UUID of the VM and name of its drive: they name the copy, so that it is found again. */
  readonly vmId: string;
  readonly target: string;
  readonly from: string;
  readonly to: string;
}

/** What a person sees of a long change, and how they end it. */
export interface Watch {
  readonly signal: AbortSignal;
  readonly tell: (detail: string) => void;
}

/** Prints what keeps the disk from being moved; nothing when nothing does. The numbers: needed and free bytes. */
const lookScript = `state=$(LC_ALL=C virsh -q domstate "$1")
[ "$state" = "shut off" ] || { echo "runs"; exit 0; }
if LC_ALL=C virsh -q dominfo "$1" | grep -q '^Managed save: *yes'; then echo saved; exit 0; fi
need=$(qemu-img measure -f "$4" -O "$4" --output=json "$2" | sed -n 's/.*"fully-allocated": *\\([0-9]*\\).*/\\1/p')
free=$(df -Pk -- "$(dirname -- "$3")" | awk 'NR == 2 { printf "%.0f", $4 * 1024 }')
printf 'room %s %s\\n' "\${need:-0}" "$free"`;

/** What tells that a disk was written to since it was copied. */
const STAMP = "stat -c '%s %Y %i' --";

/**
 * Where a copy grows: a folder of root alone beside its place, made anew for each. Whoever may write to the store can
 * lay a link where the copy would be, which QEMU would follow, and must not read what is copied.
 */
const folderOf = (dest: string, unit: string): string => `"$(dirname -- ${dest})/.${unit}"`;

/**
 * Copies and compares, then gives the copy its name. It runs as a service of the host: it goes on when the connection or
 * the app ends. QEMU's own locks keep the VM from being started on the source meanwhile.
 */
const workScript = `set -eu
umask 077
dir=$1
unit=\${dir##*/}
source=$(cat "$dir/source"); dest=$(cat "$dir/dest"); format=$(cat "$dir/format")
folder=${folderOf('"$dest"', '$unit')}
part=$folder/disk
trap 'status=$?; rm -rf -- "$folder"; echo "$status" >"$dir/exit"' EXIT
trap 'exit 143' TERM INT
stamp() { ${STAMP} "$source"; }
before=$(stamp)
echo copying >"$dir/phase"
rm -rf -- "$folder"
mkdir -- "$folder" 2>"$dir/error"
qemu-img convert -p -t none -f "$format" -O "$format" -- "$source" "$part" >"$dir/progress" 2>"$dir/error"
echo comparing >"$dir/phase"
qemu-img compare -p -f "$format" -F "$format" -- "$source" "$part" >"$dir/progress" 2>"$dir/error"
[ "$(stamp)" = "$before" ] || { echo "the disk was changed while it was copied" >"$dir/error"; exit 9; }
chmod --reference="$source" -- "$part"
sync -- "$part"
mv -nT -- "$part" "$dest" 2>"$dir/error" || :
[ ! -e "$part" ] || { echo "$dest is there already" >"$dir/error"; exit 9; }
echo "$before" >"$dir/done"`;

const beginScript = `unit=$1; source=$2; dest=$3; format=$4
dir=${STATE}/$unit
umask 077
case $(systemctl show -p ActiveState --value -- "$unit.service") in active|activating|deactivating) exit 0 ;; esac
if [ -f "$dir/done" ] && [ -e "$dest" ] && [ "$(cat "$dir/done")" = "$(${STAMP} "$source")" ]; then exit 0; fi
[ ! -e "$dest" ] || { echo "$dest is there already; it was left alone" >&2; exit 9; }
rm -rf -- "$dir"; mkdir -p -- "$dir"
cat >"$dir/work"
printf '%s' "$source" >"$dir/source"; printf '%s' "$dest" >"$dir/dest"; printf '%s' "$format" >"$dir/format"
systemd-run -q --unit="$unit" --collect -p Nice=10 -p IOSchedulingClass=idle -p RuntimeMaxSec=${COPY_WITHIN_S} \\
  /bin/sh "$dir/work" "$dir"`;

const progressScript = `dir=${STATE}/$1
systemctl show -p ActiveState --value -- "$1.service"
cat "$dir/phase" 2>/dev/null || echo beginning
tail -c 40 "$dir/progress" 2>/dev/null | tr '\\r' '\\n' | sed -n 's/^ *(\\([0-9]*\\)[.0-9]*\\/100%).*/\\1/p' | tail -n 1 | grep . || echo -
cat "$dir/exit" 2>/dev/null || echo -
head -c 300 "$dir/error" 2>/dev/null || :`;

const endScript = `systemctl stop -- "$1.service" 2>/dev/null || :
rm -rf -- ${folderOf('"$2"', '$1')} "${STATE}/$1"`;

/**
 * Nothing keeps the VM from being started between a look and the change of its definition, and what it then writes would
 * be in the old file alone: so the look is repeated afterwards. A VM that was started on the copy by then is well off.
 */
const defineScript = `vm=$1; unit=$2; source=$3; dest=$4; target=$5
umask 077
folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
cat >"$folder/new"
is_off() { [ "$(LC_ALL=C virsh -q domstate "$vm")" = "shut off" ]; }
uses_copy() { [ "$(virsh -q domblklist "$vm" | awk -v target="$target" '$1 == target { sub(/^ *[^ ]+ +/, ""); print }')" = "$dest" ]; }
is_copied() { [ "$(cat "${STATE}/$unit/done")" = "$(${STAMP} "$source")" ]; }
refuse() { echo "it was started meanwhile: shut it down, delete the copy $dest and begin again" >&2; exit 9; }
is_off && is_copied || refuse
virsh -q dumpxml --inactive --security-info "$vm" >"$folder/old"
virsh -q define --validate "$folder/new"
if is_copied; then
  if is_off || uses_copy; then exit 0; fi
fi
virsh -q define "$folder/old"
refuse`;

const unitOf = ({ vmId, target }: DiskMove): string => `understudy-move-${vmId}-${target}`;

/**
 * Copies the disk of a VM that is off onto the store and compares the two. The definition still names the old file
 * afterwards. Begun again it goes on with a copy that is under way or done. Throws a FailureError.
 */
export async function copyDisk(
  session: HostSession,
  vm: string,
  move: DiskMove,
  format: string,
  watch: Watch,
): Promise<void> {
  watch.tell('looking for room');
  await look(session, vm, move, format);
  const args = [unitOf(move), move.from, move.to, format];
  await run(session, 'beginning the copy', beginScript, args, workScript);
  for (;;) {
    if (watch.signal.aborted) {
      await endCopy(session, move);
      throw fail({
        code: 'setup.stopped',
        message: 'The copy was stopped and taken away.',
        meaning: `${vm} keeps its disk where it was.`,
      });
    }
    const done = await progress(session, move, watch);
    if (done) return;
    await delay(LOOK_EVERY_MS, undefined, { signal: watch.signal }).catch(() => undefined);
  }
}

/** Ends a copy that is under way, and forgets what is known of one that is done. */
export async function endCopy(session: HostSession, move: DiskMove): Promise<void> {
  await run(session, 'ending the copy', endScript, [unitOf(move), move.to]);
}

/** Lets the definition name the copy, if the VM has not run since it was made. Throws a FailureError. */
export async function defineCopy(
  session: HostSession,
  vm: string,
  move: DiskMove,
  xml: string,
): Promise<void> {
  await virsh(session, defineScript, [vm, unitOf(move), move.from, move.to, move.target], xml);
}

const GIB = 1_073_741_824;
const gib = (bytes: number): string => `${(bytes / GIB).toFixed(1)}\u00a0GiB`;

async function look(session: HostSession, vm: string, move: DiskMove, format: string): Promise<void> {
  const told = (await virsh(session, lookScript, [vm, move.from, move.to, format])).trim();
  if (told === 'runs') {
    const message = `${vm} is not shut off.`;
    const meaning = 'Its disk is copied only while nothing can write to it.';
    throw fail({ code: 'vm.move-refused', message, meaning, fix: 'Shut it down, then begin again.' });
  }
  if (told === 'saved') {
    const message = `${vm} has a saved state ("managed save"), which names the disk where it is now.`;
    const fix = 'Start it and shut it down properly, then begin again.';
    throw fail({ code: 'vm.move-refused', message, fix });
  }
  const [, need = '0', free = '0'] = /^room (\d+) (\d+)$/.exec(told) ?? [];
  if (Number(need) > 0 && Number(need) <= Number(free)) return;
  throw fail({
    code: 'vm.move-no-room',
    message: `The disk may grow to ${gib(Number(need))}; the store has ${gib(Number(free))} free.`,
    meaning: 'Nothing was copied: a store that runs full stops every VM on it.',
    fix: 'Make room on the store, or make the disk smaller, then begin again.',
  });
}

async function progress(session: HostSession, move: DiskMove, { tell }: Watch): Promise<boolean> {
  const told = await run(session, 'looking at the copy', progressScript, [unitOf(move)]);
  const [active = '', phase = '', percent = '-', exit = '-', ...error] = told.split('\n');
  if (exit === '0') return true;
  if (exit !== '-' || !/^(?:active|activating|deactivating)$/.test(active)) {
    throw fail({
      code: 'vm.move-failed',
      message: `On ${session.hostName}, the copy of ${move.from} failed: ${error.join(' ').trim() || 'it ended without a word'}.`,
      meaning: 'The copy was taken away; the VM keeps its disk where it was.',
      fix: 'Mend what it says, then begin again.',
    });
  }
  const words = phase === 'comparing' ? 'comparing the copy with the disk' : 'copying';
  tell(percent === '-' ? words : `${words}: ${percent} %`);
  return false;
}

function run(
  session: HostSession,
  what: string,
  script: string,
  args: readonly string[],
  stdin = '',
): Promise<string> {
  return runChecked(session, { what, script, args, stdin, deadlineMs: CALL_WITHIN_MS }, 'vm.move-failed');
}
