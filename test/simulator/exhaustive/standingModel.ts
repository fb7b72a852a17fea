import { type TokenContext, type TokenRead, evaluateToken } from '../../../agent/core/token.ts';
import type { Pair } from '../../../agent/core/pair.ts';
import type { HolderNote, TokenBlock } from '../../../agent/protocol/store.ts';

/**
 * Who may have a token: every state of a token with one holder, and of one in migration that names two, against every
 * truth about the hosts and everything that the asking host may know of that truth. The truth never enters the shipped
 * function: it sees only what was read and proven.
 */

interface Truth {
  /** The named epoch of the host is over for good: dead and drained, or reset and d passed. */
  readonly dead: boolean;
  readonly released: boolean;
}

interface Known {
  readonly proven: boolean;
  readonly byTime: boolean;
  /** The note that says "released" has been read. */
  readonly released: boolean;
}

export interface Case {
  readonly asker: number;
  readonly askerEpoch: number | null;
  readonly burnt: boolean;
  readonly holder: Named;
  readonly target: Named | null;
  readonly notTakeable: boolean;
}

interface Named {
  readonly slot: number;
  readonly epoch: number;
  readonly truth: Truth;
  readonly known: Known;
}

type Standing = (read: TokenRead, context: TokenContext) => ReturnType<typeof evaluateToken>;

const GENERATION = 5;
const SLOTS = 3;
const bools = [false, true];

/** @returns what went wrong in a case, or null. */
export function judge(one: Case, standing: Standing = evaluateToken): string | null {
  const named = [one.holder, ...(one.target === null ? [] : [one.target])];
  const { kind } = standing(readOf(one), contextOf(one));
  const others = named.filter((who) => who.slot !== one.asker || who.epoch !== one.askerEpoch || one.burnt);
  const mayRun = others.filter((who) => !who.truth.dead && !who.truth.released && !ownPast(one, who));
  if (kind === 'free' && mayRun.length > 0) {
    return `free, and host ${mayRun[0]?.slot} may run the VM`;
  }
  if (kind === 'free' && named.some((who) => isPresent(one, who) && !who.truth.released)) {
    return 'free, and this host itself holds it';
  }
  const byTimeOnly = named.some((who) => who.known.byTime && !who.known.proven && !who.known.released);
  if (kind === 'free' && one.notTakeable && byTimeOnly && !named.some((who) => ownPast(one, who))) {
    return 'taken by time, though marked as not takeable';
  }
  if (kind === 'mine' && !isPresent(one, one.holder)) {
    return 'taken for the own, though another epoch or host holds it';
  }
  return null;
}

function isPresent(one: Case, who: Named): boolean {
  return who.slot === one.asker && who.epoch === one.askerEpoch && !one.burnt;
}

/** An earlier epoch of the asking host, or a generation that it has burnt: nothing of it can run. */
function ownPast(one: Case, who: Named): boolean {
  return who.slot === one.asker && one.askerEpoch !== null && (who.epoch < one.askerEpoch || one.burnt);
}

/** All cases whose knowledge is true, and whose truth agrees with itself. */
export function* cases(): Generator<Case> {
  for (const asker of [0, 1, 2]) {
    for (const askerEpoch of [null, 1, 2]) {
      for (const burnt of bools) {
        for (const holder of namedHosts(0)) {
          for (const target of [null, ...namedHosts(1)]) {
            for (const notTakeable of bools) {
              yield { asker, askerEpoch, burnt, holder, target, notTakeable };
            }
          }
        }
      }
    }
  }
}

function* namedHosts(slot: number): Generator<Named> {
  for (const epoch of [1, 2]) {
    for (const dead of bools) {
      for (const released of bools) {
        for (const proven of dead ? bools : [false]) {
          for (const byTime of dead ? bools : [false]) {
            for (const seen of released ? bools : [false]) {
              const known = { proven, byTime, released: seen };
              yield { slot, epoch, truth: { dead, released }, known };
            }
          }
        }
      }
    }
  }
}

function readOf(one: Case): TokenRead {
  const target = one.target === null ? null : { slot: one.target.slot, epoch: one.target.epoch };
  const value = { vm: 'vm', holder: one.holder.slot, holderEpoch: one.holder.epoch, target };
  const decided = { generation: GENERATION, value };
  const note = noteOf(one.holder, one.notTakeable);
  const pairs = Array.from({ length: SLOTS }, (_, slot): Pair<TokenBlock> => {
    const named = [one.holder, one.target].find((who) => who?.slot === slot);
    const own = named === undefined || named === null ? null : noteOf(named, one.notTakeable);
    const paxos = { instance: GENERATION, mbal: 1, bal: 1, inp: value };
    const block = { areaId: '', slot, token: 0, writeSeq: 1, paxos, decided, note: own };
    return { kind: 'record', half: 0, value: block };
  });
  return { token: 0, pairs, decided, note, unreadableSlot: null, namedEpochs: new Map() };
}

function noteOf(who: Named, notTakeable: boolean): HolderNote {
  return {
    generation: GENERATION,
    desired: 'running',
    released: who.known.released,
    releasedTo: null,
    notTakeable,
    reason: null,
    restarts: 0,
    failedOn: [],
    definition: null,
  };
}

function contextOf(one: Case): TokenContext {
  return {
    ownSlot: one.asker,
    ownEpoch: one.askerEpoch,
    burntGeneration: one.burnt ? GENERATION : 0,
    dead: (slot) => {
      const who = [one.holder, one.target].find((named) => named?.slot === slot);
      return {
        provenEpoch: who?.known.proven === true ? who.epoch : 0,
        timeEpoch: who?.known.byTime === true ? who.epoch : 0,
      };
    },
  };
}
