import type { Guests, Vm } from './guests.ts';
import type { EventQueue } from './queue.ts';
import type { ReadinessLevel, Since, VmResult } from './result.ts';

const MS = 1000;

interface Record {
  readonly vm: Vm;
  /** The administrator, or the guest's user, wants it to run. */
  isMeant: boolean;
  /** That it is to run is written on the store: whatever happens to a host, the others know. */
  isKnown: boolean;
  host: string | null;
  isDown: boolean;
  readonly runs: Since<string | null>[];
  readonly down: Since<boolean>[];
  readonly readiness: Since<ReadinessLevel | null>[];
}

/** Who runs each VM when, and for how long it was down while it was meant to run. */
export class Service {
  readonly #queue: EventQueue;
  readonly #guests: Guests;
  readonly #records: Record[];

  constructor(queue: EventQueue, guests: Guests, vms: readonly Vm[]) {
    this.#queue = queue;
    this.#guests = guests;
    const fresh = { isMeant: true, isKnown: true, host: null, isDown: false };
    this.#records = vms.map((vm) => ({ vm, ...fresh, runs: [], down: [], readiness: [] }));
  }

  isMeant(vm: Vm): boolean {
    return this.#record(vm).isMeant;
  }

  mean(vm: Vm, isMeant: boolean): void {
    const record = this.#record(vm);
    if (isMeant && !record.isMeant) record.isKnown = false;
    record.isMeant = isMeant;
    this.look(vm);
  }

  isKnownAsMeant(vm: Vm): boolean {
    const { isMeant, isKnown } = this.#record(vm);
    return isMeant && isKnown;
  }

  /** A holder's note with this intent is on the store. */
  noted(vm: Vm, desired: 'running' | 'stopped'): void {
    this.#record(vm).isKnown = desired === 'running';
  }

  host(vm: Vm): string | null {
    return this.#record(vm).host;
  }

  isDown(vm: Vm): boolean {
    return this.#record(vm).isDown;
  }

  /** Something about the VM's guest has changed. */
  look(vm: Vm): void {
    const record = this.#record(vm);
    const qemu = this.#guests.running(vm);
    const host = qemu?.host.name ?? null;
    const serves = qemu?.guest === 'up' && !(vm.watchesApp && qemu.appFailed);
    const isDown = record.isMeant && !serves;
    if (host !== record.host || record.runs.length === 0) {
      record.host = host;
      note(record.runs, this.#atS(), host);
    }
    if (isDown !== record.isDown || record.down.length === 0) {
      record.isDown = isDown;
      note(record.down, this.#atS(), isDown);
    }
  }

  noteReadiness(vm: Vm, level: ReadinessLevel | null): void {
    note(this.#record(vm).readiness, this.#atS(), level);
  }

  result(vm: Vm): VmResult {
    const { host, runs, down, readiness } = this.#record(vm);
    const lengths = down.flatMap(({ at, value }, index) =>
      value ? [(down[index + 1]?.at ?? this.#atS()) - at] : [],
    );
    const total = lengths.reduce((sum, length) => sum + length, 0);
    return {
      host,
      downtimeS: round(total),
      longestDownS: round(Math.max(0, ...lengths)),
      runs,
      down,
      readiness,
    };
  }

  #atS(): number {
    return round(Math.max(0, this.#queue.nowMs) / MS);
  }

  #record(vm: Vm): Record {
    const record = this.#records[vm.index];
    if (record === undefined) throw new RangeError(`there is no VM ${vm.index}`);
    return record;
  }
}

/** What lasted no time is not kept. */
function note<Value>(list: Since<Value>[], at: number, value: Value): void {
  if (list.at(-1)?.at === at) list.pop();
  if (list.at(-1)?.value !== value || list.length === 0) list.push({ at, value });
}

const round = (seconds: number): number => Math.round(seconds * MS) / MS;
