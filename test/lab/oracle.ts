import type { BootAcks } from './ackLog.ts';

/**
 * The judge of a lab guest's disk. It finds, afterwards and from the disk alone, every instant at which two writers were
 * at work, and with the acknowledgements every acknowledged write that is not there. `guest/witness.c` writes what it reads.
 */

const recordBytes = 512;

/** One record of the witness. */
export interface WitnessRecord {
  readonly vm: string;
  readonly boot: string;
  readonly host: string;
  readonly seq: number;
  /** The first number that this boot wrote. */
  readonly first: number;
  /** Records that this boot found where only its own or older ones could be. */
  readonly conflicts: number;
  readonly errors: number;
  /** The guest's own monotonic clock, milliseconds. */
  readonly monoMs: number;
}

export interface Violation {
  readonly kind: 'two-writers' | 'lost-acknowledged-write' | 'missing-record' | 'damaged-record';
  readonly seq: number;
  readonly detail: string;
}

/** A boot as the disk shows it. */
export interface BootOnDisk {
  readonly boot: string;
  readonly host: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly records: number;
  /** The longest time between two records of this boot, by the guest's clock, which stands still while it is frozen. */
  readonly longestGapMs: number;
}

/** The way from one boot to the next, as the acknowledgements show it. */
export interface Handover {
  readonly fromHost: string;
  readonly toHost: string;
  /** From the last acknowledgement of the one to the first of the other, milliseconds. */
  readonly downtimeMs: number;
}

export interface Verdict {
  readonly ok: boolean;
  readonly violations: readonly Violation[];
  /** In the order of their numbers. */
  readonly boots: readonly BootOnDisk[];
  readonly handovers: readonly Handover[];
}

/** A verdict lists this many violations of each kind; a double run of minutes has thousands. */
const maxViolationsEach = 20;

const pattern =
  /^LAB1 vm=(\S+) boot=(\S+) host=(\S+) seq=(\d+) first=(\d+) conflicts=(\d+) errors=(\d+) mono=(\d+) real=\d+ *\n$/;

/** Reads one slot: null when it was never written, undefined when it holds something else than a whole record. */
export function parseRecord(slot: Uint8Array): WitnessRecord | null | undefined {
  if (slot.every((byte) => byte === 0)) return null;
  const match = pattern.exec(Buffer.from(slot).toString('latin1'));
  if (match === null) return undefined;
  const [, vm = '', boot = '', host = '', seq, first, conflicts, errors, mono] = match;
  return {
    vm,
    boot,
    host,
    seq: Number(seq),
    first: Number(first),
    conflicts: Number(conflicts),
    errors: Number(errors),
    monoMs: Number(mono),
  };
}

function readRing(disk: Uint8Array, report: (violation: Violation) => void): readonly WitnessRecord[] {
  const slots = Math.floor(disk.length / recordBytes);
  const records: WitnessRecord[] = [];
  for (let slot = 0; slot < slots; slot++) {
    const record = parseRecord(disk.subarray(slot * recordBytes, (slot + 1) * recordBytes));
    if (record === null) continue;
    if (record === undefined || record.seq % slots !== slot) {
      report({
        kind: 'damaged-record',
        seq: slot,
        detail: `slot ${slot} holds no record that belongs there`,
      });
      continue;
    }
    records.push(record);
  }
  return records.toSorted((one, other) => one.seq - other.seq);
}

function summarize(records: readonly WitnessRecord[]): readonly BootOnDisk[] {
  const boots = new Map<string, BootOnDisk>();
  const lastMonoMs = new Map<string, number>();
  for (const { boot, host, seq, monoMs } of records) {
    const known = boots.get(boot);
    const gapMs = monoMs - (lastMonoMs.get(boot) ?? monoMs);
    lastMonoMs.set(boot, monoMs);
    boots.set(boot, {
      boot,
      host,
      firstSeq: known?.firstSeq ?? seq,
      lastSeq: seq,
      records: (known?.records ?? 0) + 1,
      longestGapMs: Math.max(known?.longestGapMs ?? 0, gapMs),
    });
  }
  return [...boots.values()];
}

/** From a boot's first number to its last no other boot may have a record; each writer also says what it met itself. */
function findTwoWriters(records: readonly WitnessRecord[], report: (violation: Violation) => void): void {
  const lastOf = new Map(records.map(({ boot, seq }) => [boot, seq]));
  const complained = new Set<string>();
  let owner: WitnessRecord | undefined;
  let before: WitnessRecord | undefined;
  for (const record of records) {
    const { boot, host, seq, first, conflicts } = record;
    const isInside = owner !== undefined && owner.boot !== boot && (lastOf.get(owner.boot) ?? 0) > seq;
    if (isInside && owner !== undefined) {
      const detail = `${boot} on ${host} wrote ${seq} between records of ${owner.boot} on ${owner.host}`;
      report({ kind: 'two-writers', seq, detail });
    }
    if (!isInside) owner = record;
    // What comes before a boot's first number is older; at or after it, another boot has overwritten this one.
    if (before !== undefined && before.boot !== boot && before.seq >= first) {
      const detail = `${before.boot} on ${before.host} overwrote ${before.seq} of ${boot} on ${host}`;
      report({ kind: 'two-writers', seq: before.seq, detail });
    }
    if (conflicts > 0 && !complained.has(boot)) {
      complained.add(boot);
      report({
        kind: 'two-writers',
        seq,
        detail: `${boot} on ${host} met ${conflicts} records of another writer`,
      });
    }
    before = record;
  }
}

/** A writer goes on to the next number only when a write has returned, so a number left out is a write that got lost. */
function findHoles(records: readonly WitnessRecord[], report: (violation: Violation) => void): void {
  for (const [at, { seq, boot, host }] of records.entries()) {
    const before = records[at - 1]?.seq ?? seq - 1;
    if (before === seq - 1) continue;
    report({
      kind: 'missing-record',
      seq: before + 1,
      detail: `nothing between ${before} and ${seq} of ${boot} on ${host}`,
    });
  }
}

/** Every acknowledged number must still hold its boot's record, unless the ring has come round since. */
function findLostWrites(
  records: readonly WitnessRecord[],
  slots: number,
  acks: readonly BootAcks[],
  report: (violation: Violation) => void,
): void {
  const bySeq = new Map(records.map((record) => [record.seq, record]));
  const oldest = (records.at(-1)?.seq ?? 0) - slots;
  for (const { boot, host, firstSeq, lastSeq } of acks) {
    for (let seq = Math.max(firstSeq, oldest + 1); seq <= lastSeq; seq++) {
      const found = bySeq.get(seq);
      if (found?.boot === boot) continue;
      const instead = found === undefined ? 'nothing' : `a record of ${found.boot} on ${found.host}`;
      report({
        kind: 'lost-acknowledged-write',
        seq,
        detail: `${boot} on ${host} acknowledged ${seq}, the disk has ${instead}`,
      });
    }
  }
}

function findHandovers(acks: readonly BootAcks[]): readonly Handover[] {
  const ordered = acks.toSorted((one, other) => one.firstAtMs - other.firstAtMs);
  return ordered.slice(1).map((next, at) => {
    const before = ordered[at];
    return {
      fromHost: before?.host ?? '',
      toHost: next.host,
      downtimeMs: next.firstAtMs - (before?.lastAtMs ?? next.firstAtMs),
    };
  });
}

/**
 * Judges one guest's raw disk. `acks` are that guest's acknowledgements, taken before the disk was read, so that the
 * guest may go on writing meanwhile.
 */
export function judge(disk: Uint8Array, acks: readonly BootAcks[]): Verdict {
  const violations: Violation[] = [];
  const counts = new Map<Violation['kind'], number>();
  const report = (violation: Violation): void => {
    const count = (counts.get(violation.kind) ?? 0) + 1;
    counts.set(violation.kind, count);
    if (count <= maxViolationsEach) violations.push(violation);
  };
  const records = readRing(disk, report);
  findTwoWriters(records, report);
  findHoles(records, report);
  findLostWrites(records, Math.floor(disk.length / recordBytes), acks, report);
  return {
    ok: violations.length === 0,
    violations,
    boots: summarize(records),
    handovers: findHandovers(acks),
  };
}
