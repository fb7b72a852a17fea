import { AGENT_UNIT, KEEPER_UNIT, STEP_DOWN_UNIT } from '../../../agent/install/units.ts';
import { openControl } from '../control/control.ts';
import type { HostFacts } from '../facts/facts.ts';
import { asFailure, fail } from '../failures.ts';
import { type HostSession, runChecked } from '../ssh/session.ts';

/** Leaving waits for a renewal on the store at most; with a hung store the keeper says so sooner. */
const LEAVE_DEADLINE_MS = 60_000;

/**
 * VMs of the group whose QEMU runs on this host now, seen in the processes themselves: neither libvirt nor the agent is
 * asked, because both may be down.
 */
const runningProtected = `for file in /var/lib/understudy/protected/*; do
  [ -e "$file" ] || continue
  vm=\${file##*/}
  for process in /proc/[0-9]*/cmdline; do
    if tr '\\0' '\\n' <"$process" 2>/dev/null | grep -qxF -- "$vm"; then echo "$vm"; break; fi
  done
done`;

/** Throws unless the host runs no protected VM. Changes nothing. */
export async function requireNoProtectedVm(session: HostSession): Promise<void> {
  const output = await runChecked(
    session,
    { what: 'looking for protected VMs', script: runningProtected },
    'uninstall.look-failed',
  );
  const running = output
    .trim()
    .split('\n')
    .filter((line) => line !== '');
  if (running.length === 0) return;
  throw fail({
    code: 'uninstall.vm-runs-here',
    message: `${running.length} protected VM${running.length === 1 ? ' runs' : 's run'} on ${session.hostName}: ${running.join(', ')}.`,
    meaning: 'Without the agent nothing would guard them. Nothing was changed.',
    fix: 'Switch them over to another host, or end their protection (unprotect), then uninstall.',
  });
}

/**
 * Takes the host out of service: the keeper leaves on the store and closes the watchdog properly, then both services
 * are down. A keeper that runs and can't leave is never killed: its watchdog would reset the host.
 */
export async function leaveGroup(session: HostSession, facts: HostFacts): Promise<void> {
  await requireNoProtectedVm(session);
  const keeper = facts.units.get(KEEPER_UNIT);
  if (facts.settings !== null && keeper?.active === true) {
    const control = await openControl(session);
    try {
      await control.call('host.leave', {}, LEAVE_DEADLINE_MS);
    } catch (fault) {
      const failure = asFailure(fault);
      // The agent ends with its own success: the answer may be lost with it, and the look below decides.
      if (failure.code !== 'control.unreachable') throw fault;
    } finally {
      control.close();
    }
  }
  const script = `systemctl stop -- "$3" 2>/dev/null || true
systemctl stop -- "$2" 2>/dev/null || true
for try in $(seq 1 60); do
  systemctl is-active --quiet "$1" || { systemctl stop -- "$2" 2>/dev/null || true; exit 0; }
  sleep 0.5
done
exit 3`;
  const result = await session.runAsRoot({
    what: 'waiting for the keeper to leave',
    script,
    args: [KEEPER_UNIT, AGENT_UNIT, STEP_DOWN_UNIT],
  });
  if (result.exitCode === 0) return;
  throw fail({
    code: 'uninstall.keeper-stays',
    message: `The keeper of ${session.hostName} did not leave.`,
    meaning: 'It may still count on its watchdog; ending it by force would reset the host.',
    fix: 'Look at understudy status on the host; when its store is reachable again, uninstall again.',
  });
}
