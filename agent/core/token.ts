import { MAX_HOSTS } from '../protocol/ids.ts';
import type { HolderNote, TokenBlock, TokenValue } from '../protocol/store.ts';
import { blockOf, decodeTokenBlock, tokenBlock } from './area.ts';
import { type Pair, readPair } from './pair.ts';
import type { PaxosBlock } from './paxos.ts';

/** What one read of a token's sixteen blocks says. */
export interface TokenRead {
  readonly token: number;
  /** By slot. */
  readonly pairs: readonly Pair<TokenBlock>[];
  readonly decided: { readonly generation: number; readonly value: TokenValue } | null;
  /** The holder's own note on the decided generation; see `withGivenUp` for one that it could not write here. */
  readonly note: HolderNote | null;
  /** First slot whose block can't be validated: nobody can acquire the token until it can (rule 12). */
  readonly unreadableSlot: number | null;
  /** Highest epoch by which any block names each slot. */
  readonly namedEpochs: ReadonlyMap<number, number>;
}

/** Takes apart a read that began at the token's first block. */
export function readToken(data: Uint8Array, areaId: string, token: number, ownSlot: number): TokenRead {
  const first = tokenBlock(token, 0, 0);
  const pairs: Pair<TokenBlock>[] = [];
  let decided: TokenRead['decided'] = null;
  let unreadableSlot: number | null = null;
  const namedEpochs = new Map<number, number>();
  for (let slot = 0; slot < MAX_HOSTS; slot += 1) {
    const half = (which: 0 | 1) =>
      decodeTokenBlock(blockOf(data, first, tokenBlock(token, slot, which)), areaId, slot, token);
    const pair = readPair(half(0), half(1));
    pairs.push(pair);
    if (pair.kind === 'record') {
      const { value } = pair;
      if (value.decided !== null && value.decided.generation > (decided?.generation ?? 0)) {
        decided = value.decided;
      }
      noteEpochs(namedEpochs, value.decided?.value ?? null);
      noteEpochs(namedEpochs, value.paxos.inp);
    } else if (pair.kind !== 'empty' && !(slot === ownSlot && startsOver(pair))) {
      unreadableSlot ??= slot;
    }
  }
  const note = decided === null ? null : noteOf(pairs, decided.value.holder, decided.generation);
  return { token, pairs, decided, note, unreadableSlot, namedEpochs };
}

/** The own first write was torn and never acknowledged: its owner writes it again. */
function startsOver(pair: Pair<TokenBlock>): boolean {
  return pair.kind === 'unreadable' && pair.neverAcknowledged;
}

function noteEpochs(epochs: Map<number, number>, value: TokenValue | null): void {
  if (value !== null) {
    epochs.set(value.holder, Math.max(epochs.get(value.holder) ?? 0, value.holderEpoch));
    if (value.target !== null) {
      epochs.set(value.target.slot, Math.max(epochs.get(value.target.slot) ?? 0, value.target.epoch));
    }
  }
}

function noteOf(pairs: readonly Pair<TokenBlock>[], slot: number, generation: number): HolderNote | null {
  const pair = pairs[slot];
  const note = pair?.kind === 'record' ? pair.value.note : null;
  return note?.generation === generation ? note : null;
}

/** The blocks as Disk Paxos wants them. */
export function paxosBlocks(read: TokenRead): readonly Pair<PaxosBlock<TokenValue>>[] {
  return read.pairs.map((pair) =>
    pair.kind === 'record'
      ? {
          ...pair,
          value: { paxos: pair.value.paxos, decidedGeneration: pair.value.decided?.generation ?? 0 },
        }
      : pair,
  );
}

export interface TokenContext {
  readonly ownSlot: number;
  /** This host's epoch, acknowledged on the store; null while it has none. */
  readonly ownEpoch: number | null;
  /** Generations of this token up to this one are burnt on this host. */
  readonly burntGeneration: number;
  /** Epochs up to which a slot is dead: by a proof, and by T. */
  readonly dead: (slot: number) => { readonly provenEpoch: number; readonly timeEpoch: number };
}

export type TokenStanding =
  | {
      readonly kind: 'free';
      readonly because: 'never-held' | 'released' | 'dead' | 'own-past';
      readonly byTime: boolean;
    }
  /** Decided for this host at its present epoch and not burnt. */
  | { readonly kind: 'mine' }
  | { readonly kind: 'held' };

/**
 * Whether the token's next generation may be proposed (rule 14). A token in migration names two holders: it is free
 * only when both are out. What makes it free stays true for ever, so the answer can't go stale.
 */
export function evaluateToken(read: TokenRead, context: TokenContext): TokenStanding {
  const { decided } = read;
  if (decided === null) {
    return { kind: 'free', because: 'never-held', byTime: false };
  }
  const { holder, holderEpoch, target } = decided.value;
  const holders = [{ slot: holder, epoch: holderEpoch }, ...(target === null ? [] : [target])];
  const outs = holders.map((who) => isOut(who, read, context));
  if (outs.every((out) => out !== null)) {
    const byTime = outs.includes('time');
    const because = outs.every((out) => out === 'released')
      ? 'released'
      : outs.includes('own-past')
        ? 'own-past'
        : 'dead';
    return { kind: 'free', because, byTime };
  }
  const mine =
    holder === context.ownSlot &&
    holderEpoch === context.ownEpoch &&
    decided.generation > context.burntGeneration;
  return { kind: mine ? 'mine' : 'held' };
}

function isOut(
  who: { readonly slot: number; readonly epoch: number },
  read: TokenRead,
  context: TokenContext,
): 'released' | 'own-past' | 'proof' | 'time' | null {
  const generation = read.decided?.generation ?? 0;
  const isHolder = who.slot === read.decided?.value.holder;
  const note = isHolder ? read.note : noteOf(read.pairs, who.slot, generation);
  if (note?.released === true) {
    return 'released';
  }
  if (who.slot === context.ownSlot) {
    const { ownEpoch } = context;
    const past = ownEpoch !== null && (who.epoch < ownEpoch || context.burntGeneration >= generation);
    return past ? 'own-past' : null;
  }
  const { provenEpoch, timeEpoch } = context.dead(who.slot);
  if (provenEpoch >= who.epoch) {
    return 'proof';
  }
  const takeable = read.note?.notTakeable !== true;
  return timeEpoch >= who.epoch && takeable ? 'time' : null;
}
