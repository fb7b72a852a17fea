import type { Pair } from './pair.ts';

/**
 * Disk Paxos (Gafni and Lamport, "Disk Paxos", 2003) with one disk: a proposer writes its own block, then reads all
 * blocks; twice. Pure: the caller writes `proposer.own` (acknowledged!), reads every block *after* that, and calls
 * `afterRead`. One instance per generation; a block keeps only its newest instance, beside its newest decision.
 */

/** The variables of one instance, named as in the paper. */
export interface PaxosRecord<Value> {
  readonly instance: number;
  readonly mbal: number;
  readonly bal: number;
  readonly inp: Value | null;
}

/** A host's block as the algorithm needs it. */
export interface PaxosBlock<Value> {
  readonly paxos: PaxosRecord<Value>;
  /** Generation of the highest decision that this block's owner knows; 0 for none. */
  readonly decidedGeneration: number;
}

export interface Proposer<Value> {
  readonly slot: number;
  readonly phase: 1 | 2;
  readonly own: PaxosRecord<Value>;
  readonly proposal: Value;
}

export type PaxosStep<Value> =
  /** Write `proposer.own` to the own block, then read all. */
  | { readonly kind: 'write'; readonly proposer: Proposer<Value> }
  | { readonly kind: 'decided'; readonly value: Value }
  /** The instance, or a later one, is already decided: learn it from the blocks. */
  | { readonly kind: 'overtaken' }
  /** Another proposer has a higher ballot: begin again above `mbal`. */
  | { readonly kind: 'outbid'; readonly mbal: number }
  /** A block can't be validated, or the own block is not what was written: nothing may be concluded. */
  | { readonly kind: 'abort'; readonly slot: number };

/** Ballots of different slots never meet. */
const BALLOT_STRIDE = 8;

/** The least ballot of this slot that is greater than `above`. */
export function nextBallot(slot: number, above: number): number {
  const round = Math.max(0, Math.floor((above - slot) / BALLOT_STRIDE) + 1);
  return round * BALLOT_STRIDE + slot;
}

/**
 * Starts a ballot from a complete read of all blocks. The own block must have no write in flight (rule 13).
 * @param atLeastMbal - the new ballot is above this one: what the own memory or an outbidder says.
 */
export function beginBallot<Value>(
  slot: number,
  instance: number,
  proposal: Value,
  blocks: readonly Pair<PaxosBlock<Value>>[],
  atLeastMbal: number,
): PaxosStep<Value> {
  const refusal = refuse(slot, instance, blocks, Number.POSITIVE_INFINITY);
  if (refusal !== null) {
    return refusal;
  }
  let highest = atLeastMbal;
  for (const block of blocks) {
    highest = Math.max(highest, inInstance(block, instance)?.mbal ?? 0);
  }
  const before = inInstance(blocks[slot], instance);
  const own = {
    instance,
    mbal: nextBallot(slot, highest),
    bal: before?.bal ?? 0,
    inp: before?.inp ?? null,
  };
  return { kind: 'write', proposer: { slot, phase: 1, own, proposal } };
}

/** Goes on from a read of all blocks that was begun after the write of `proposer.own` was acknowledged. */
export function afterRead<Value>(
  proposer: Proposer<Value>,
  blocks: readonly Pair<PaxosBlock<Value>>[],
): PaxosStep<Value> {
  const { own, slot } = proposer;
  const refusal = refuse(slot, own.instance, blocks, own.mbal);
  if (refusal !== null) {
    return refusal;
  }
  const written = inInstance(blocks[slot], own.instance);
  if (written === null || written.mbal !== own.mbal || written.bal !== own.bal) {
    return { kind: 'abort', slot };
  }
  if (proposer.phase === 2) {
    return own.inp === null ? { kind: 'abort', slot } : { kind: 'decided', value: own.inp };
  }
  const chosen = valueOfHighestBallot(own.instance, blocks) ?? proposer.proposal;
  return { kind: 'write', proposer: { ...proposer, phase: 2, own: { ...own, bal: own.mbal, inp: chosen } } };
}

function refuse<Value>(
  slot: number,
  instance: number,
  blocks: readonly Pair<PaxosBlock<Value>>[],
  mbal: number,
): PaxosStep<Value> | null {
  let outbidBy = 0;
  let overtaken = false;
  for (const [index, block] of blocks.entries()) {
    if (
      block.kind === 'newer' ||
      (block.kind === 'unreadable' && !(index === slot && block.neverAcknowledged))
    ) {
      return { kind: 'abort', slot: index };
    }
    if (block.kind === 'record') {
      overtaken ||= block.value.decidedGeneration >= instance || block.value.paxos.instance > instance;
      outbidBy = Math.max(outbidBy, inInstance(block, instance)?.mbal ?? 0);
    }
  }
  if (overtaken) {
    return { kind: 'overtaken' };
  }
  return outbidBy > mbal ? { kind: 'outbid', mbal: outbidBy } : null;
}

/** A block of an earlier instance has not taken part in this one: the same as an empty block. */
function inInstance<Value>(
  block: Pair<PaxosBlock<Value>> | undefined,
  instance: number,
): PaxosRecord<Value> | null {
  return block?.kind === 'record' && block.value.paxos.instance === instance ? block.value.paxos : null;
}

function valueOfHighestBallot<Value>(
  instance: number,
  blocks: readonly Pair<PaxosBlock<Value>>[],
): Value | null {
  let best: PaxosRecord<Value> | null = null;
  for (const block of blocks) {
    const record = inInstance(block, instance);
    if (record !== null && record.bal > (best?.bal ?? 0)) {
      best = record;
    }
  }
  return best?.inp ?? null;
}
