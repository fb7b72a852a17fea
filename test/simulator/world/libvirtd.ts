import type { DomainHappening } from '../../../agent/core/engine/types.ts';
import type { Probe } from '../../../agent/protocol/health.ts';
import type { HypervisorReport } from '../../../agent/hypervisor/hypervisor.ts';
import { type Answer, Daemon, done, failure } from './daemon.ts';
import { countersOf, probeGuest } from './guestAnswers.ts';
import { describeVm } from './describeVm.ts';
import { startDomain } from './domainStart.ts';
import {
  type Domain,
  domainOf,
  factOf,
  found,
  type LocalAction,
  newDomain,
  wentDown,
  whyDown,
} from './domain.ts';
import type { Guests, Qemu, Vm } from './guests.ts';
import type { Host } from './host.ts';
import { LibvirtMigration } from './libvirtMigration.ts';
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
  readonly #domains: Domain[];
  readonly #daemon: Daemon;
  readonly migration: LibvirtMigration;
  /** The agent's connection. */
  #listener: ((report: HypervisorReport) => void) | null = null;

  constructor(host: Host, guests: Guests, gate: StartGate, vms: readonly Vm[]) {
    this.#host = host;
    this.#daemon = new Daemon(host);
    this.#guests = guests;
    this.#domains = vms.map(newDomain);
    const tell = (domain: Domain): void => this.#tell(domain, null);
    const resume = (domain: Domain, answer: Answer): void => this.#resume(domain, answer);
    const parts = { host, guests, gate, daemon: this.#daemon, domains: this.#domains, tell, resume };
    this.migration = new LibvirtMigration(parts);
  }

  get state(): Daemon['state'] {
    return this.#daemon.state;
  }

  get run(): number {
    return this.#daemon.run;
  }

  /** A VM that runs since before the story begins. */
  adopt(qemu: Qemu): void {
    const domain = domainOf(this.#domains, qemu.vm);
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
  perform(action: LocalAction, deadlineMs: number, answer: Answer): void {
    this.#daemon.call(deadlineMs, answer, (once) => this.#act(action, once));
  }

  /** Whether a domain is defined here and active; for those who keep definitions. */
  look(
    vm: Vm,
    deadlineMs: number,
    answer: (domain: { isDefined: boolean; isActive: boolean } | null) => void,
  ): void {
    const told: Answer = (outcome) => {
      const { isDefined, state } = domainOf(this.#domains, vm);
      answer(outcome.kind === 'failed' ? null : { isDefined, isActive: state !== 'stopped' });
    };
    this.#daemon.call(deadlineMs, told, (once) => once(done));
  }

  setDefined(vm: Vm, isDefined: boolean): void {
    const domain = domainOf(this.#domains, vm);
    domain.isDefined = isDefined;
    if (isDefined) this.#tell(domain, { kind: 'defined' });
    else this.#listener?.({ kind: 'gone', vm: vm.uuid });
  }

  #act(action: LocalAction, answer: Answer): void {
    const vm = this.#domains.find((domain) => domain.vm.uuid === action.vm);
    if (vm?.isDefined !== true) {
      answer(failure('hypervisor.no-domain', 'there is no such domain', true));
      return;
    }
    switch (action.kind) {
      case 'createPaused':
        return this.#create(vm, true, answer);
      case 'resume':
        return this.#resume(vm, answer);
      case 'shutdown':
        return this.#shutdown(vm, answer);
      case 'destroy':
        return this.#destroy(vm, answer);
      case 'reset':
        if (vm.qemu === null) return answer(notRunning);
        this.guestReboots(vm.qemu, vm.vm.bootMs);
        return answer(done);
      case 'counters':
        return answer(countersOf(this.#host, vm.qemu));
      case 'inspect':
        return answer({ kind: 'done', value: { kind: 'inspected', ...describeVm(vm.vm) } });
    }
  }

  guestReboots(qemu: Qemu, bootMs: number): void {
    this.#guests.reboot(qemu, bootMs);
    this.#daemon.hears(() => this.#tell(domainOf(this.#domains, qemu.vm), { kind: 'reboot' }));
  }

  /** What a guest answers. Its agent is asked through the daemon, everything else goes past it. */
  probe(uuid: string, probe: Probe, deadlineMs: number, answer: Answer): void {
    const domain = this.#domains.find(({ vm }) => vm.uuid === uuid);
    const isOnHost = probe.kind === 'agent' || probe.kind === 'exec' || probe.kind === 'heartbeat';
    const here = domain === undefined ? null : this.#guests.of(domain.vm, this.#host.slot);
    // Past the daemon a guest is asked over the network, wherever it is.
    const qemu = isOnHost || domain === undefined ? here : this.#guests.running(domain.vm);
    probeGuest(this.migration.parts, qemu, probe, deadlineMs, answer);
  }

  /** By hand on the host, past the agent. */
  virsh(vm: Vm, command: 'start' | 'destroy', answer: Answer): void {
    const domain = domainOf(this.#domains, vm);
    this.#daemon.call(60_000, answer, (once) => {
      if (command === 'start') this.#create(domain, false, once);
      else if (domain.qemu === null) once(notRunning);
      else this.#destroy(domain, once);
    });
  }

  #create(domain: Domain, paused: boolean, answer: Answer): void {
    startDomain(this.migration.parts, domain, answer, () => {
      this.#tell(domain, null);
      if (paused) answer(done);
      else this.#resume(domain, answer);
    });
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
    const domain = domainOf(this.#domains, qemu.vm);
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
      const domain = domainOf(this.#domains, qemu.vm);
      if (domain.qemu !== qemu) return;
      wentDown(domain, whyDown(domain, qemu));
      this.#tell(domain, null);
    });
  }

  ioError(qemu: Qemu): void {
    this.#daemon.hears(() => {
      const domain = domainOf(this.#domains, qemu.vm);
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
}
