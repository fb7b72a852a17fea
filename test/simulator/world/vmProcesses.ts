import type { KeeperEffect, Scan } from '../../../agent/core/keeper/types.ts';
import type { Guests } from './guests.ts';
import type { Host } from './host.ts';
import type { StartGate } from './startGate.ts';

/** What the keeper finds in /proc and cgroups: QEMUs, with whether every thread is stopped, and starts in flight. */
export function scanHost(host: Host, guests: Guests, gate: StartGate): Scan {
  const processes = guests.on(host.slot).map((qemu) => ({
    vm: qemu.vm.uuid,
    pid: qemu.pid,
    startTicks: qemu.pid,
    stopped: guests.isStopped(qemu),
  }));
  return { startedAtMs: host.nowMs, processes, hookStarts: gate.starts() };
}

/** Freezes, kills or lets go; the right to let go is looked at for each of them anew. */
export function actOnVms(
  host: Host,
  guests: Guests,
  effect: Extract<KeeperEffect, { kind: 'freeze' | 'thaw' | 'kill' }>,
): void {
  // A kill may take a process off the list while it is gone through.
  const here = guests.on(host.slot).filter((qemu) => effect.vms.includes(qemu.vm.uuid));
  for (const qemu of here) {
    if (effect.kind !== 'thaw') guests[effect.kind](qemu);
    else if (host.nowMs < effect.notAfterMs) guests.thaw(qemu);
  }
}
