import type { SimHost } from './keeperHost.ts';

const HOOK_MS = 60;

/** libvirt's start with the hook: marker first, then the gate, then a paused QEMU. Returns null when refused. */
export function startThroughHook(
  host: SimHost,
  vm: string,
  generation: number,
  then: (pid: number | null) => void,
): void {
  host.hookStarts.set(vm, host.nowMs);
  const entry = host.gate.find((one) => one.vm === vm);
  if (entry === undefined || host.nowMs >= entry.notAfterMs) {
    host.hookStarts.delete(vm);
    then(null);
    return;
  }
  host.later(HOOK_MS, () => {
    const guest = host.world.guests.create(host.slot, vm, generation);
    host.hookStarts.delete(vm);
    then(guest.pid);
  });
}
