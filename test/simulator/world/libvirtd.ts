import type { DomainHappening, HypervisorAction } from '../../../agent/core/engine/types.ts';
import type { HypervisorReport } from '../../../agent/hypervisor/hypervisor.ts';
import { type Answer, Daemon, done, failure } from './daemon.ts';
import { describeVm } from './describeVm.ts';
import { type Domain, factOf, found, newDomain, wentDown } from './domain.ts';
import type { Guests, Qemu, Vm } from './guests.ts';
import type { Host } from './host.ts';
import type { StartGate } from './startGate.ts';

const notRunning = failure('hypervisor.refused', 'libvirt: the domain is not running', true);
const VERSION = '9.0.0';
/** libvirt sends SIGKILL to a QEMU that has not ended so long after SIGTERM. */
const KILL_AFTER_MS = 10_000;
/** A client finds out by its keepalive that the daemon does not answer. */
const KEEPALIVE_MS = 10_000;
const MOST_SHUTDOWN_MS = 6000;

/** libvirt's daemon on one host, with the domains that it knows. QEMUs live on without it. */
export class Libvirtd {
  readonly #host: Host;
  readonly #guests: Guests;
  readonly #gate: StartGate;
  readonly #domains: Domain[];
  readonly #daemon: Daemon;
  /** The agent's connection. */
  #listener: ((report: HypervisorReport) => void) | null = null;

  constructor(host: Host, guests: Guests, gate: StartGate, vms: readonly Vm[]) {
    this.#host = host;
    this.#daemon = new Daemon(host);
    this.#guests = guests;
    this.#gate = gate;
    this.#domains = vms.map(newDomain);
  }

  get state(): Daemon['state'] {
    return this.#daemon.state;
  }

  /** A VM that runs since before the story begins. */
  adopt(qemu: Qemu): void {
    const domain = this.#domain(qemu.vm);
    domain.qemu = qemu;
    domain.state = 'running';
    domain.reason = 'booted';
  }

  /** A new boot: the daemon runs, no domain does. */
  boot(): void {
    this.#daemon.boot();
    this.#listener = null;
    for (const domain of this.#domains) wentDown(domain, 'unknown');
  }

  stop(): void {
    this.#daemon.stop();
    this.#lose('the daemon closed the connection');
    for (const domain of this.#domains) domain.isStarting = false;
  }

  hang(): void {
    if (this.state !== 'running') return;
    this.#daemon.state = 'hung';
    const { run } = this.#daemon;
    this.#host.later(KEEPALIVE_MS, () => {
      if (this.state === 'hung' && this.#daemon.run === run)
        this.#lose('libvirt is silent and answers no keepalive');
    });
  }

  /** Starts a stopped daemon. A hung one wakes up and does what it was asked meanwhile, or is started anew. */
  start(): void {
    if (this.state === 'running') return;
    if (this.state === 'hung' && this.#host.random.chance(0.5)) this.stop();
    if (this.state === 'stopped') this.#reconnect();
    this.#daemon.start();
  }

  /** A daemon that was started anew finds its QEMUs by their pid files; one that died meanwhile says no reason. */
  #reconnect(): void {
    for (const domain of this.#domains) {
      const qemu = this.#guests.of(domain.vm, this.#host.slot);
      domain.qemu = qemu;
      if (qemu === null) {
        if (domain.state !== 'stopped') wentDown(domain, 'unknown');
      } else if (qemu.guest === 'off') this.guestOff(qemu);
      else found(domain, qemu);
    }
  }

  /** The agent connects; false: nobody answers. */
  connect(listener: (report: HypervisorReport) => void): boolean {
    if (this.state !== 'running') return false;
    this.#listener = listener;
    this.list();
    return true;
  }

  disconnect(): void {
    this.#listener = null;
  }

  list(): void {
    const domains = this.#domains.filter((domain) => domain.isDefined).map(factOf);
    this.#listener?.({ kind: 'domains', version: VERSION, domains });
  }

  /** Answered once, by the deadline at the latest. */
  perform(action: HypervisorAction, deadlineMs: number, answer: Answer): void {
    this.#daemon.call(deadlineMs, answer, (once) => this.#act(action, once));
  }

  /** Whether a domain is defined here and active; for those who keep definitions. */
  look(
    vm: Vm,
    deadlineMs: number,
    answer: (domain: { isDefined: boolean; isActive: boolean } | null) => void,
  ): void {
    const told: Answer = (outcome) => {
      const { isDefined, state } = this.#domain(vm);
      answer(outcome.kind === 'failed' ? null : { isDefined, isActive: state !== 'stopped' });
    };
    this.#daemon.call(deadlineMs, told, (once) => once(done));
  }

  setDefined(vm: Vm, isDefined: boolean): void {
    const domain = this.#domain(vm);
    domain.isDefined = isDefined;
    if (isDefined) this.#tell(domain, { kind: 'defined' });
    else this.#listener?.({ kind: 'gone', vm: vm.uuid });
  }

  #act(action: HypervisorAction, answer: Answer): void {
    const vm = this.#domains.find((domain) => domain.vm.uuid === action.vm);
    if (vm?.isDefined !== true) {
      answer(failure('hypervisor.no-domain', 'there is no such domain', true));
      return;
    }
    switch (action.kind) {
      case 'createPaused':
        this.#create(vm, true, answer);
        return;
      case 'resume':
        this.#resume(vm, answer);
        return;
      case 'shutdown':
        this.#shutdown(vm, answer);
        return;
      case 'destroy':
        this.#destroy(vm, answer);
        return;
      case 'inspect':
        answer({ kind: 'done', value: { kind: 'inspected', ...describeVm(vm.vm) } });
        return;
    }
  }

  /** By hand on the host, past the agent. */
  virsh(vm: Vm, command: 'start' | 'destroy', answer: Answer): void {
    const domain = this.#domain(vm);
    this.#daemon.call(60_000, answer, (once) => {
      if (command === 'start') this.#create(domain, false, once);
      else if (domain.qemu === null) once(notRunning);
      else this.#destroy(domain, once);
    });
  }

  /** The hook is asked first; between its mark, its look at the gate and QEMU's first breath anything may happen. */
  #create(domain: Domain, paused: boolean, answer: Answer): void {
    if (domain.qemu !== null || domain.isStarting) {
      answer(failure('hypervisor.refused', 'libvirt: the domain is already running', true));
      return;
    }
    domain.isStarting = true;
    const { run } = this.#daemon;
    this.#gate.mark(domain.vm.uuid);
    this.#daemon.later(this.#host.random.next() * 20, () => {
      if (!this.#gate.isOpen(domain.vm.uuid)) {
        this.#gate.unmark(domain.vm.uuid);
        if (this.#daemon.run === run) domain.isStarting = false;
        answer(failure('hypervisor.refused', 'libvirt: the hook refused the start', true));
        return;
      }
      const startsMs = 40 + this.#host.random.next() * 300;
      this.#daemon.later(startsMs, () => this.#spawn(domain, paused, run, answer));
    });
  }

  #spawn(domain: Domain, paused: boolean, run: number, answer: Answer): void {
    // A daemon that died in the middle of a start has left its QEMU, or not; its hook's mark stays.
    const isOrphan = this.#daemon.run !== run;
    if (isOrphan && (this.#host.random.chance(0.5) || this.#guests.of(domain.vm, this.#host.slot) !== null)) {
      this.#gate.orphan(domain.vm.uuid);
      return;
    }
    const qemu = this.#guests.create(domain.vm, this.#host);
    if (isOrphan) {
      this.#gate.orphan(domain.vm.uuid);
      return;
    }
    this.#host.later(this.#host.random.next() * 30, () => this.#gate.unmark(domain.vm.uuid));
    domain.isStarting = false;
    domain.isDestroyed = false;
    domain.qemu = qemu;
    domain.state = 'paused';
    domain.reason = 'user';
    this.#tell(domain, null);
    if (paused) answer(done);
    else this.#resume(domain, answer);
  }

  #resume(domain: Domain, answer: Answer): void {
    const { qemu } = domain;
    if (qemu === null) {
      answer(notRunning);
      return;
    }
    this.#guests.resume(qemu);
    domain.state = 'running';
    domain.reason = 'unpaused';
    this.#tell(domain, null);
    answer(done);
  }

  #shutdown(domain: Domain, answer: Answer): void {
    const { qemu } = domain;
    if (qemu === null) {
      answer(notRunning);
      return;
    }
    answer(done);
    this.#host.later(500 + this.#host.random.next() * MOST_SHUTDOWN_MS, () => {
      // A guest that still boots, hangs or stands still does not listen.
      if (qemu.guest === 'up' && this.#guests.canRun(qemu)) this.guestShutsDown(qemu);
    });
  }

  guestShutsDown(qemu: Qemu): void {
    this.#guests.shutDown(qemu);
    this.#daemon.hears(() => this.guestOff(qemu));
  }

  /** QEMU waits, its guest off, until libvirt ends it. */
  guestOff(qemu: Qemu): void {
    const domain = this.#domain(qemu.vm);
    this.#tell(domain, { kind: 'shutdown', by: 'guest' });
    this.#guests.quit(qemu, KILL_AFTER_MS);
  }

  #destroy(domain: Domain, answer: Answer): void {
    const { qemu } = domain;
    if (qemu === null) {
      answer(done);
      return;
    }
    domain.isDestroyed = true;
    this.#guests.kill(qemu);
    const wait = (): void => {
      if (qemu.isGone) answer(done);
      else this.#host.later(25, wait);
    };
    wait();
  }

  qemuGone(qemu: Qemu): void {
    this.#daemon.hears(() => {
      const domain = this.#domain(qemu.vm);
      if (domain.qemu !== qemu) return;
      const reason = qemu.guest === 'off' ? 'shutdown' : domain.isDestroyed ? 'destroyed' : 'failed';
      wentDown(domain, reason);
      this.#tell(domain, null);
    });
  }

  ioError(qemu: Qemu): void {
    this.#daemon.hears(() => {
      const domain = this.#domain(qemu.vm);
      if (domain.qemu !== qemu) return;
      domain.state = 'paused';
      domain.reason = 'io-error';
      this.#tell(domain, { kind: 'io-error', path: `/store/${qemu.vm.name}.raw`, reason: 'eio' });
    });
  }

  #tell(domain: Domain, happening: DomainHappening | null): void {
    this.#listener?.({ kind: 'domain', fact: factOf(domain), happening });
  }

  #lose(error: string): void {
    const listener = this.#listener;
    this.#listener = null;
    listener?.({ kind: 'lost', error });
  }

  #domain(vm: Vm): Domain {
    const domain = this.#domains[vm.index];
    if (domain === undefined) throw new RangeError(`there is no VM ${vm.index}`);
    return domain;
  }
}
