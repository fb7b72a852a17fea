import { asFailure, fail } from '../failures.ts';
import { type HostSession, runChecked } from '../ssh/session.ts';
import { scriptStep, type Step } from '../install/step.ts';
import type { Check } from './check.ts';
import { setUpStepDown } from './stepDown.ts';

/** A small change to hosts that takes away the cause of a line, said before it is made and looked at afterwards. */
export interface Fix {
  readonly id: string;
  readonly label: string;
  /** What will be changed, where, and what that may do. */
  readonly consequence: string;
  /** On which hosts: the line's own, or all that the report is about. */
  readonly on: 'host' | 'all';
  readonly script: string;
  readonly args: readonly string[];
}

/** A service that does not come up within this time does not come up. */
const FIX_DEADLINE_MS = 60_000;

const MODULE_FILE = '/etc/modules-load.d/understudy.conf';
const WATCHDOG_FILE = '/etc/systemd/system.conf.d/understudy.conf';

/** What fixes wrote for good goes with the agent. It is no part of an installation: only its undoing is ever used. */
export const fixedFilesStep: Step = scriptStep({
  id: 'fixed-files',
  title: 'what fixes of the checks wrote',
  changes: [MODULE_FILE, WATCHDOG_FILE],
  args: [MODULE_FILE, WATCHDOG_FILE],
  done: '[ -e "$1" ] || [ -e "$2" ]',
  apply: ':',
  undo: 'rm -f -- "$1"\nif [ -e "$2" ]; then rm -f -- "$2"; systemctl daemon-reexec; fi',
});

const startLibvirt: Fix = {
  id: 'start-libvirt',
  label: 'Start libvirt',
  consequence:
    'Starts the libvirt service, now and whenever the host starts. VMs marked for autostart may start.',
  on: 'host',
  // What the distribution enabled comes first: its single daemon and its many small ones must not both run.
  script: `for unit in virtqemud.socket libvirtd.socket libvirtd.service; do
  if systemctl is-enabled --quiet "$unit" 2>/dev/null; then systemctl start -- "$unit" 2>&1; exit 0; fi
done
for unit in libvirtd.service virtqemud.socket; do
  if systemctl cat -- "$unit" >/dev/null 2>&1; then systemctl enable --now -- "$unit" 2>&1; exit 0; fi
done
echo 'there is no libvirt service' >&2; exit 1`,
  args: [],
};

const synchronizeClock: Fix = {
  id: 'synchronize-clock',
  label: 'Synchronize the clock',
  consequence:
    "Turns on the host's own time service (timedatectl set-ntp true). Its clock may jump once; no decision of Understudy depends on it.",
  on: 'host',
  script: 'timedatectl set-ntp true',
  args: [],
};

/** Drivers of boards and BMCs, and of the watchdog that hypervisors give their guests. Each refuses what is not its own. */
const BOARD_DRIVERS = ['iTCO_wdt', 'sp5100_tco', 'ipmi_watchdog', 'hpwdt', 'i6300esb'];

const loadWatchdog: Fix = {
  id: 'load-watchdog',
  label: 'Load a watchdog driver',
  consequence: `Tries the drivers of boards (${BOARD_DRIVERS.join(', ')}) until one finds its watchdog, else loads the kernel's softdog; now and whenever the host starts (${MODULE_FILE}). softdog can't fire when the kernel itself hangs: takeovers by time then need your consent and take twice as long.`,
  on: 'host',
  script: `file=$1; shift
for driver in "$@" softdog; do
  modprobe -- "$driver" 2>/dev/null || continue
  for try in 1 2 3 4 5 6 7 8 9 10; do [ -e /dev/watchdog ] && break; sleep 0.2; done
  if [ -e /dev/watchdog ]; then printf '%s\\n' "$driver" >"$file"; exit 0; fi
  modprobe -r -- "$driver" 2>/dev/null || :
done
echo 'no driver found a watchdog, and the kernel has no softdog' >&2; exit 1`,
  args: [MODULE_FILE, ...BOARD_DRIVERS],
};

const maskSleep: Fix = {
  id: 'mask-sleep',
  label: 'Keep it from sleeping',
  consequence: 'Masks sleep, suspend and hibernation again (systemctl mask), as the installer did.',
  on: 'host',
  script: 'systemctl mask -- "$@"',
  args: ['sleep.target', 'suspend.target', 'hibernate.target', 'hybrid-sleep.target'],
};

const makeMachineId: Fix = {
  id: 'make-machine-id',
  label: 'Make a machine id',
  consequence:
    'Writes an identity of its own to /etc/machine-id (systemd-machine-id-setup). It has none that counts now.',
  on: 'host',
  script: 'systemd-machine-id-setup',
  args: [],
};

const freeFromSystemd: Fix = {
  id: 'free-watchdog',
  label: 'Let the keeper have the watchdog',
  consequence: `systemd stops using the watchdog (RuntimeWatchdogSec=off in ${WATCHDOG_FILE}) and re-reads its settings. Until the keeper runs, nothing resets the host when it hangs.`,
  on: 'host',
  script: `mkdir -p -- "$(dirname -- "$1")"
printf '[Manager]\\nRuntimeWatchdogSec=off\\n' >"$1"
systemctl daemon-reexec`,
  args: [WATCHDOG_FILE],
};

const openPort = (port: number): Fix => ({
  id: 'open-port',
  label: `Open UDP port ${port}`,
  consequence: `Adds UDP port ${port} to the firewall of every host (firewalld or ufw, whichever is active), now and for good.`,
  on: 'all',
  script: `if command -v firewall-cmd >/dev/null && firewall-cmd --state >/dev/null 2>&1; then
  firewall-cmd -q --permanent --add-port="$1/udp"
  firewall-cmd -q --add-port="$1/udp"
elif command -v ufw >/dev/null && ufw status | grep -q '^Status: active'; then
  ufw allow "$1/udp" >/dev/null
fi`,
  args: [String(port)],
});

/** The fix for a line as it stands; null: there is none that is safe to make from here. Pure. */
export function fixFor(check: Check, port: number): Fix | null {
  switch (check.failure?.code) {
    case 'host.libvirt-not-running':
      return startLibvirt;
    case 'host.clock-not-synchronized':
      return synchronizeClock;
    case 'host.no-watchdog':
      return loadWatchdog;
    case 'host.may-sleep':
      return maskSleep;
    case 'host.no-step-down':
      return setUpStepDown;
    case 'host.no-machine-id':
      return makeMachineId;
    case 'host.watchdog-in-use':
      return check.evidence.startsWith('systemd (') && !check.evidence.includes(',') ? freeFromSystemd : null;
    case 'network.no-udp':
      return openPort(port);
    case undefined:
    default:
      return null;
  }
}

/** Makes a fix on each of the hosts. Throws a FailureError that names the first host where it did not work. */
export async function applyFix(sessions: readonly HostSession[], fix: Fix): Promise<void> {
  for (const session of sessions) {
    try {
      await runChecked(
        session,
        { what: `"${fix.label}"`, script: fix.script, args: fix.args, deadlineMs: FIX_DEADLINE_MS },
        'check.fix-failed',
      );
    } catch (fault) {
      throw fail({ ...asFailure(fault), meaning: 'Nothing else was changed. The line stays as it was.' });
    }
  }
}
