import { type Answer, type Daemon, failure } from './daemon.ts';
import type { Domain } from './domain.ts';
import type { Guests } from './guests.ts';
import type { Host } from './host.ts';
import type { StartGate } from './startGate.ts';

interface Around {
  readonly host: Host;
  readonly daemon: Daemon;
  readonly guests: Guests;
  readonly gate: StartGate;
}

/** The hook is asked first; between its mark, its look at the gate and QEMU's first breath anything may happen. */
export function startDomain(around: Around, domain: Domain, answer: Answer, born: () => void): void {
  const { host, daemon, gate } = around;
  if (domain.qemu !== null || domain.isStarting) {
    answer(failure('hypervisor.refused', 'libvirt: the domain is already running', true));
    return;
  }
  domain.isStarting = true;
  const { run } = daemon;
  gate.mark(domain.vm.uuid);
  daemon.later(host.random.next() * 20, () => {
    if (!gate.isOpen(domain.vm.uuid)) {
      gate.unmark(domain.vm.uuid);
      if (daemon.run === run) domain.isStarting = false;
      answer(failure('hypervisor.refused', 'libvirt: the hook refused the start', true));
      return;
    }
    const startsMs = 40 + host.random.next() * 300;
    daemon.later(startsMs, () => spawn(around, domain, run, born));
  });
}

function spawn({ host, daemon, guests, gate }: Around, domain: Domain, run: number, born: () => void): void {
  // A daemon that died in the middle of a start has left its QEMU, or not; its hook's mark stays.
  const isOrphan = daemon.run !== run;
  if (isOrphan && (host.random.chance(0.5) || guests.of(domain.vm, host.slot) !== null)) {
    gate.orphan(domain.vm.uuid);
    return;
  }
  const qemu = guests.create(domain.vm, host);
  if (isOrphan) {
    gate.orphan(domain.vm.uuid);
    return;
  }
  host.later(host.random.next() * 30, () => gate.unmark(domain.vm.uuid));
  domain.isStarting = false;
  domain.isDestroyed = false;
  domain.qemu = qemu;
  domain.state = 'paused';
  domain.reason = 'user';
  born();
}
