import type { OperationOutcome } from '../../../agent/core/engine/types.ts';
import { type Answer, type Daemon, done, failure } from './daemon.ts';
import { type Domain, domainOf } from './domain.ts';
import type { Guests, Qemu, Vm } from './guests.ts';
import type { Host } from './host.ts';
import type { StartGate } from './startGate.ts';

const STEP_DEADLINE_MS = 95_000;
/** libvirt sends SIGKILL to a QEMU that has not ended so long after SIGTERM. */
const KILL_AFTER_MS = 10_000;
const notRunning = failure('hypervisor.refused', 'libvirt: the domain is not running', true);

/** What libvirt's daemon on one host works with. */
export interface LibvirtParts {
  readonly host: Host;
  readonly guests: Guests;
  readonly gate: StartGate;
  readonly daemon: Daemon;
  readonly domains: readonly Domain[];
  readonly tell: (domain: Domain) => void;
  readonly resume: (domain: Domain, answer: Answer) => void;
}

/** The steps of a live migration that libvirt's daemon takes on its own host. */
export class LibvirtMigration {
  readonly parts: LibvirtParts;

  constructor(parts: LibvirtParts) {
    this.parts = parts;
  }

  /** An incoming migration: the hook is asked, then a QEMU waits, paused, for the memory. */
  receive(vm: Vm, answer: (outcome: OperationOutcome, copy: Qemu | null) => void): void {
    const domain = domainOf(this.parts.domains, vm);
    const refuse: Answer = (outcome) => {
      if (outcome.kind === 'failed') answer(outcome, null);
    };
    this.parts.daemon.call(STEP_DEADLINE_MS, refuse, (once) => {
      if (domain.qemu !== null || domain.isStarting || !this.parts.gate.isOpen(vm.uuid, true)) {
        once(failure('hypervisor.refused', 'libvirt: the hook refused the incoming migration', true));
        return;
      }
      domain.isStarting = true;
      const { run } = this.parts.daemon;
      this.parts.gate.mark(vm.uuid);
      this.parts.daemon.later(40 + this.parts.host.random.next() * 200, () => {
        this.parts.gate.unmark(vm.uuid);
        if (this.parts.daemon.run !== run) return;
        domain.isStarting = false;
        if (!this.parts.gate.isOpen(vm.uuid, true)) {
          once(failure('hypervisor.refused', 'libvirt: the hook refused the incoming migration', true));
          return;
        }
        domain.isDestroyed = false;
        domain.qemu = this.parts.guests.create(vm, this.parts.host, true);
        domain.state = 'paused';
        domain.reason = 'migration';
        this.parts.tell(domain);
        once(done);
        answer(done, domain.qemu);
      });
    });
  }

  /** The target's last step: the copy stays paused. */
  finish(answer: Answer): void {
    this.parts.daemon.call(STEP_DEADLINE_MS, answer, (once) => once(done));
  }

  /** Ends a copy, when its migration is taken back. One that runs meanwhile is no copy any more. */
  takeBack(copy: Qemu): void {
    if (!copy.hasRun) this.parts.guests.kill(copy);
  }

  /** The QEMU that a migration takes the memory of. */
  leaving(vm: Vm): Qemu | null {
    const { qemu } = domainOf(this.parts.domains, vm);
    return qemu !== null && this.parts.guests.canRun(qemu) ? qemu : null;
  }

  /** The source's last step: the QEMU that stands still is ended, for the reason "migrated". */
  left(vm: Vm, answer: Answer): void {
    this.parts.daemon.call(STEP_DEADLINE_MS, answer, (once) => {
      const domain = domainOf(this.parts.domains, vm);
      const { qemu } = domain;
      if (qemu === null || qemu.paused !== 'moved') {
        once(notRunning);
        return;
      }
      domain.hasLeft = true;
      this.parts.guests.quit(qemu, KILL_AFTER_MS);
      const wait = (): void => {
        if (qemu.isGone) once(done);
        else this.parts.host.later(10, wait);
      };
      wait();
    });
  }

  /** A migration broke off: a guest that stands still goes on. */
  stays(vm: Vm): void {
    const ignore: Answer = () => undefined;
    this.parts.daemon.call(STEP_DEADLINE_MS, ignore, (once) => {
      const domain = domainOf(this.parts.domains, vm);
      if (domain.qemu?.paused === 'moved') this.parts.resume(domain, once);
      else once(done);
    });
  }
}
