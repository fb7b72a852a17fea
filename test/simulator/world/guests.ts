import type { DrainMethod } from '../../../agent/protocol/group.ts';
import type { GuestEvents } from './guestEvents.ts';
import type { Host } from './host.ts';
import type { Store } from './store.ts';

export type GuestState = 'booting' | 'up' | 'hung' | 'off';

/** A VM of the scenario, with what the world knows of its runs. */
export interface Vm {
  readonly index: number;
  readonly name: string;
  readonly uuid: string;
  readonly bootMs: number;
  readonly drain: DrainMethod;
  /** Its policy looks at the application: then it counts as down without it. */
  readonly watchesApp: boolean;
  /** The run that last changed its disk: every earlier one must be over for ever. */
  newest: Qemu | null;
}

/** A QEMU process of one VM on one host, which writes to the VM's disk while its guest runs. */
export interface Qemu {
  readonly vm: Vm;
  readonly host: Host;
  readonly pid: number;
  readonly order: number;
  guest: GuestState;
  /** By QEMU: not resumed yet, stopped because a disk failed it, or left standing still when its memory had moved. */
  paused: 'created' | 'io-error' | 'moved' | null;
  /** It was received from another QEMU, as that one was at the so-manieth time that it stood still; none: not all of it. */
  copy: { readonly of: Qemu | null; readonly stand: number } | null;
  /** How often its memory has moved, and up to which of those times it went on after all: a copy made then is old. */
  readonly moved: { times: number; wentOnAfter: number };
  /** What runs in the guest does not serve. */
  appFailed: boolean;
  /** How long the present boot of the guest takes. */
  bootMs: number;
  /** The freezer, or SIGSTOP, was asked for; a thread inside a write stops when the write comes back. */
  isFrozen: boolean;
  writing: number;
  isKilled: boolean;
  isGone: boolean;
  /** The VM may run: it has executed instructions at some time. */
  hasRun: boolean;
  /** Which resume the guest's boot belongs to: a boot that was cut off does not end. */
  bootRun: number;
}

const LEAST_PAUSE_MS = 200;
const MOST_PAUSE_MS = 700;
const DIES_WITHIN_MS = 20;
const QUIT_LOOK_MS = 20;
const INSIDE_A_WRITE = 0.3;
/** Writes of one guest that may be under way; QEMU's queues are deeper, more would show nothing new. */
const MAX_WRITES = 2;

/** All QEMUs of the world. */
export class Guests {
  readonly #store: Store;
  readonly #events: GuestEvents;
  readonly #byHost: Qemu[][];
  #nextPid = 100;
  #nextOrder = 1;

  constructor(store: Store, hosts: number, events: GuestEvents) {
    this.#store = store;
    this.#events = events;
    this.#byHost = Array.from({ length: hosts }, () => []);
  }

  on(slot: number): readonly Qemu[] {
    return this.#byHost[slot] ?? [];
  }

  of(vm: Vm, slot: number): Qemu | null {
    return this.on(slot).find((qemu) => qemu.vm === vm) ?? null;
  }

  /** Where its guest runs now, if it does: what the invariants and the expectations look at. */
  running(vm: Vm): Qemu | null {
    for (const qemus of this.#byHost) {
      for (const qemu of qemus) if (qemu.vm === vm && this.canRun(qemu)) return qemu;
    }
    return null;
  }

  /** It executes instructions: it may change its disk. */
  canRun(qemu: Qemu): boolean {
    return (
      qemu.paused === null &&
      qemu.guest !== 'off' &&
      !qemu.isFrozen &&
      !qemu.isKilled &&
      !qemu.isGone &&
      qemu.host.isWorking
    );
  }

  create(vm: Vm, host: Host, isCopy = false): Qemu {
    this.#nextPid += 1;
    const qemu: Qemu = {
      vm,
      host,
      pid: this.#nextPid,
      order: this.#nextOrder,
      guest: 'booting',
      paused: 'created',
      appFailed: false,
      bootMs: vm.bootMs,
      copy: isCopy ? { of: null, stand: 0 } : null,
      moved: { times: 0, wentOnAfter: 0 },
      isFrozen: false,
      writing: 0,
      isKilled: false,
      isGone: false,
      hasRun: false,
      bootRun: 0,
    };
    this.#nextOrder += 1;
    this.#byHost[host.slot]?.push(qemu);
    return qemu;
  }

  /** QEMU lets its guest go on: for the first time, or after an I/O error. */
  resume(qemu: Qemu): void {
    if (qemu.isKilled || qemu.isGone || qemu.paused === null) return;
    if (qemu.paused === 'moved') qemu.moved.wentOnAfter = qemu.moved.times;
    qemu.paused = null;
    if (!qemu.hasRun && qemu.copy !== null) this.#events.copyRuns(qemu);
    if (!qemu.hasRun) {
      qemu.hasRun = true;
      this.#write(qemu);
    }
    this.#goesOn(qemu);
  }

  /** Its memory has moved: it is stopped with no write under way, and waits. */
  standStill(qemu: Qemu): void {
    const ran = this.canRun(qemu);
    qemu.paused = 'moved';
    qemu.moved.times += 1;
    if (ran) this.#events.changed(qemu.vm);
  }

  complete(copy: Qemu, of: Qemu): void {
    copy.copy = { of, stand: of.moved.times };
    copy.guest = of.guest;
  }

  freeze(qemu: Qemu): void {
    if (qemu.isFrozen) return;
    const ran = this.canRun(qemu);
    // Often some thread is inside a write just then, and stops only when that has come back.
    const isWriting = ran && qemu.writing < MAX_WRITES && qemu.host.random.chance(INSIDE_A_WRITE);
    if (isWriting) this.#issueWrite(qemu);
    qemu.isFrozen = true;
    if (ran) this.#events.changed(qemu.vm);
  }

  thaw(qemu: Qemu): void {
    if (!qemu.isFrozen) return;
    qemu.isFrozen = false;
    this.#goesOn(qemu);
  }

  /** Its host goes on after having been frozen, or is frozen. */
  hostChanged(slot: number, works: boolean): void {
    for (const qemu of this.on(slot)) {
      if (works) this.#goesOn(qemu);
      else if (qemu.paused === null && qemu.guest !== 'off' && !qemu.isFrozen && !qemu.isKilled) {
        this.#events.changed(qemu.vm);
      }
    }
  }

  /** The keeper sees every thread stopped: none is inside a write. */
  isStopped(qemu: Qemu): boolean {
    return qemu.isFrozen && qemu.writing === 0;
  }

  kill(qemu: Qemu): void {
    if (qemu.isKilled || qemu.isGone) return;
    const ran = this.canRun(qemu);
    // What was issued in the last instant may still be under way, and lands when it likes.
    if (ran) this.#issueWrite(qemu);
    qemu.isKilled = true;
    if (ran) this.#events.changed(qemu.vm);
    if (qemu.vm.drain === 'exit-waits' && qemu.writing > 0) return;
    qemu.host.later(1 + qemu.host.random.next() * DIES_WITHIN_MS, () => this.#end(qemu));
  }

  /** The guest has shut itself down; the process waits for libvirt to end it. */
  shutDown(qemu: Qemu): void {
    if (qemu.isGone || qemu.isKilled) return;
    const ran = this.canRun(qemu);
    qemu.guest = 'off';
    if (ran) this.#events.changed(qemu.vm);
  }

  /** QEMU ends by itself after its last write has come back, or is killed by libvirt when that takes too long. */
  quit(qemu: Qemu, patienceMs: number): void {
    if (qemu.writing === 0) {
      this.#end(qemu);
      return;
    }
    const leftMs = patienceMs - QUIT_LOOK_MS;
    if (leftMs <= 0) this.kill(qemu);
    else qemu.host.later(QUIT_LOOK_MS, () => this.quit(qemu, leftMs));
  }

  hang(qemu: Qemu): void {
    if (qemu.guest === 'booting' || qemu.guest === 'up') qemu.guest = 'hung';
  }

  setApp(qemu: Qemu, failed: boolean): void {
    qemu.appFailed = failed;
    this.#events.changed(qemu.vm);
  }

  /** The guest begins anew in the same process. */
  reboot(qemu: Qemu, bootMs: number): void {
    if (qemu.isKilled || qemu.isGone || qemu.guest === 'off') return;
    qemu.guest = 'booting';
    qemu.appFailed = false;
    qemu.bootMs = bootMs;
    this.#goesOn(qemu);
  }

  hostGone(slot: number): void {
    const here = [...this.on(slot)];
    for (const qemu of here) {
      const { writing } = qemu;
      if (writing < MAX_WRITES && qemu.paused === null && qemu.guest !== 'off') this.#issueWrite(qemu);
      this.#end(qemu);
    }
  }

  #goesOn(qemu: Qemu): void {
    if (!this.canRun(qemu)) return;
    this.#events.runs(qemu);
    this.#events.changed(qemu.vm);
    if (qemu.guest !== 'booting') return;
    qemu.bootRun += 1;
    const { bootRun } = qemu;
    qemu.host.later(qemu.bootMs, () => {
      if (qemu.bootRun !== bootRun || qemu.guest !== 'booting' || !this.canRun(qemu)) return;
      qemu.guest = 'up';
      this.#events.booted(qemu);
    });
  }

  #write(qemu: Qemu): void {
    if (qemu.isGone || qemu.isKilled) return;
    if (this.canRun(qemu) && qemu.writing < MAX_WRITES) this.#issueWrite(qemu);
    const pauseMs = LEAST_PAUSE_MS + qemu.host.random.next() * (MOST_PAUSE_MS - LEAST_PAUSE_MS);
    qemu.host.later(pauseMs, () => this.#write(qemu));
  }

  #issueWrite(qemu: Qemu): void {
    qemu.writing += 1;
    const { boot } = qemu.host;
    this.#store.transfer(
      qemu.host.slot,
      true,
      () => this.#events.landed(qemu),
      (outcome) => qemu.host.run(() => this.#written(qemu, outcome.kind === 'failed'), boot),
    );
  }

  #written(qemu: Qemu, hasFailed: boolean): void {
    qemu.writing -= 1;
    if (qemu.isKilled) {
      if (qemu.vm.drain === 'exit-waits' && qemu.writing === 0) this.#end(qemu);
      return;
    }
    // werror=stop: QEMU pauses the guest, which loses nothing if it goes on later.
    if (!hasFailed || qemu.paused !== null || qemu.guest === 'off') return;
    const ran = this.canRun(qemu);
    qemu.paused = 'io-error';
    if (ran) this.#events.changed(qemu.vm);
    this.#events.ioError(qemu);
  }

  #end(qemu: Qemu): void {
    if (qemu.isGone) return;
    const ran = this.canRun(qemu);
    qemu.isGone = true;
    if (ran) this.#events.changed(qemu.vm);
    const list = this.#byHost[qemu.host.slot];
    const at = list?.indexOf(qemu) ?? -1;
    if (at >= 0) list?.splice(at, 1);
    this.#events.gone(qemu);
    if (!qemu.host.isUp) this.#events.changed(qemu.vm);
  }
}
