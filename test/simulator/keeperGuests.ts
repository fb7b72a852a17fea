import type { DrainMethod } from '../../agent/protocol/group.ts';
import type { Random } from './keeperRandom.ts';
import type { EventQueue } from './keeperClock.ts';
import type { SimStore } from './keeperStore.ts';

/** A QEMU process of one VM on one host, which writes to the VM's disk while it runs. */
export interface Guest {
  readonly vm: string;
  readonly host: number;
  readonly pid: number;
  readonly generation: number;
  running: boolean;
  frozen: boolean;
  /** Inside a write: its thread can't be stopped until the write comes back. */
  writing: boolean;
  killed: boolean;
  gone: boolean;
}

export interface GuestHooks {
  readonly hostWorks: (host: number) => boolean;
  readonly violation: (text: string) => void;
}

const WRITE_EVERY_MS = 80;
const DIES_WITHIN_MS = 20;

/** All guests of the world, and the check that no two hosts ever change the same disk (I1). */
export class Guests {
  readonly all: Guest[] = [];
  /** By VM: the newest generation that has run. */
  readonly newest = new Map<string, Guest>();
  private readonly queue: EventQueue;
  private readonly random: Random;
  private readonly store: SimStore;
  private readonly drain: DrainMethod;
  private readonly hooks: GuestHooks;
  private nextPid = 100;

  constructor(queue: EventQueue, random: Random, store: SimStore, drain: DrainMethod, hooks: GuestHooks) {
    this.queue = queue;
    this.random = random;
    this.store = store;
    this.drain = drain;
    this.hooks = hooks;
  }

  on(host: number): readonly Guest[] {
    return this.all.filter((guest) => guest.host === host && !guest.gone);
  }

  /** Created paused, as every start is. */
  create(host: number, vm: string, generation: number): Guest {
    this.nextPid += 1;
    const fresh = { running: false, frozen: false, writing: false, killed: false, gone: false };
    const guest: Guest = { vm, host, pid: this.nextPid, generation, ...fresh };
    this.all.push(guest);
    return guest;
  }

  resume(guest: Guest): void {
    if (guest.killed || guest.gone) {
      return;
    }
    guest.running = true;
    this.checkAlone(guest);
    if ((this.newest.get(guest.vm)?.generation ?? 0) <= guest.generation) {
      this.newest.set(guest.vm, guest);
    }
    this.queue.after(this.random.between(1, WRITE_EVERY_MS), () => this.write(guest));
  }

  thaw(guest: Guest): void {
    guest.frozen = false;
    if (guest.running) {
      this.checkAlone(guest);
    }
  }

  private checkAlone(guest: Guest): void {
    const other = this.all.find(
      (one) => one.vm === guest.vm && one.host !== guest.host && this.canWrite(one),
    );
    if (other !== undefined) {
      this.hooks.violation(`I1: ${guest.vm} runs on host ${guest.host} and on host ${other.host}`);
    }
    if ((this.newest.get(guest.vm)?.generation ?? 0) > guest.generation) {
      this.hooks.violation(`I1: ${guest.vm} runs on host ${guest.host} at an old generation`);
    }
  }

  canWrite(guest: Guest): boolean {
    return guest.running && !guest.frozen && !guest.gone && this.hooks.hostWorks(guest.host);
  }

  private write(guest: Guest): void {
    if (guest.gone || guest.killed) {
      return;
    }
    this.queue.after(this.random.between(WRITE_EVERY_MS / 2, WRITE_EVERY_MS), () => this.write(guest));
    if (!this.canWrite(guest) || guest.writing) {
      return;
    }
    guest.writing = true;
    const landed = () => {
      const newest = this.newest.get(guest.vm);
      if (newest !== undefined && newest.host !== guest.host && newest.generation > guest.generation) {
        this.hooks.violation(
          `I1: a late write of ${guest.vm} from host ${guest.host} landed over host ${newest.host}'s`,
        );
      }
    };
    this.store.guestWrite(guest.host, landed, () => {
      guest.writing = false;
      if (guest.killed) {
        this.end(guest);
      }
    });
  }

  kill(guest: Guest): void {
    if (guest.killed || guest.gone) {
      return;
    }
    guest.killed = true;
    if (this.drain === 'exit-waits' && guest.writing) {
      return;
    }
    this.queue.after(this.random.between(1, DIES_WITHIN_MS), () => this.end(guest));
  }

  private end(guest: Guest): void {
    guest.gone = true;
    const index = this.all.indexOf(guest);
    if (index !== -1) {
      this.all.splice(index, 1);
    }
  }

  /** The host is reset or loses power. */
  hostGone(host: number): void {
    for (const guest of this.on(host)) {
      this.end(guest);
    }
  }
}
