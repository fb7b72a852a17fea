import { type Pair, nextWrite, readPair } from '../../../agent/core/pair.ts';
import { type PaxosBlock, type Proposer, afterRead, beginBallot } from '../../../agent/core/paxos.ts';
import type { Decoded } from '../../../agent/core/record.ts';
import type { Model } from './search.ts';

/**
 * Disk Paxos: the shipped steps of a proposer, the shipped ping-pong pair, and a disk that tears, hangs and lets land
 * late. One block is read at a time, so that a read of all is no instant. The host that was decided for may propose the next
 * generation, or any other may, as after a takeover.
 */

export interface PaxosBounds {
  readonly hosts: number;
  /** Generations, one instance each; beyond them nobody proposes. */
  readonly generations: number;
  /** Proposals that each host begins, over all generations. */
  readonly ballots: number;
  readonly crashes: number;
  /** Writes that are torn, and writes that hang and may land at any time after. */
  readonly torn: number;
  readonly hung: number;
  /** Hosts whose blocks become unreadable for good, both halves. */
  readonly damaged: number;
  readonly rules: PaxosRules;
}

/** What a searcher may take away, to see that it is needed. */
export interface PaxosRules {
  readonly abortOnUnreadable: boolean;
  readonly waitForUnreturned: boolean;
}

interface Cell {
  readonly writeSeq: number;
  readonly decidedGeneration: number;
  readonly decidedValue: string | null;
  readonly paxos: PaxosBlock<string>['paxos'];
}

interface Write {
  readonly slot: number;
  readonly half: 0 | 1;
  readonly cell: Cell;
}

interface Host {
  readonly proposer: Proposer<string> | null;
  /** What the host is at: nothing, a write that was handed out, or a read of all blocks so far. */
  readonly write: Write | null;
  readonly read: readonly Pair<Cell & PaxosBlock<string>>[] | null;
  readonly begun: number;
  readonly atLeastMbal: number;
  readonly lastSeq: number;
}

export interface PaxosState {
  /** Two halves for each host. */
  readonly disk: readonly (Cell | 'torn' | 'damaged' | null)[];
  readonly hosts: readonly Host[];
  readonly hung: readonly Write[];
  readonly left: {
    readonly crashes: number;
    readonly torn: number;
    readonly hung: number;
    readonly damaged: number;
  };
  /** By generation: what was decided first. */
  readonly decisions: readonly string[];
  readonly violation: string | null;
}

const idle: Host = { proposer: null, write: null, read: null, begun: 0, atLeastMbal: 0, lastSeq: 0 };
const nothing: PaxosBlock<string>['paxos'] = { instance: 0, mbal: 0, bal: 0, inp: null };

export function paxosModel(bounds: PaxosBounds): Model<PaxosState> {
  const { hosts, crashes, torn, hung, damaged } = bounds;
  return {
    start: {
      disk: Array.from({ length: hosts * 2 }, () => null),
      hosts: Array.from({ length: hosts }, () => idle),
      hung: [],
      left: { crashes, torn, hung, damaged },
      decisions: [],
      violation: null,
    },
    successors: (state) => successors(state, bounds),
    key,
    violation: (state) => state.violation,
  };
}

type Next = { label: string; state: PaxosState };

function* successors(state: PaxosState, bounds: PaxosBounds): Generator<Next> {
  for (const [slot, host] of state.hosts.entries()) {
    if (host.write !== null) {
      yield* endsOfWrite(state, slot, host, host.write);
    } else if (host.read !== null) {
      yield { label: `${slot} reads block ${host.read.length}`, state: readOne(state, slot, host, bounds) };
    } else if (host.begun < bounds.ballots) {
      const looking = { ...host, begun: host.begun + 1, read: [] };
      yield { label: `${slot} begins`, state: withHost(state, slot, looking) };
    }
    if (state.left.crashes > 0 && (host.write !== null || host.read !== null)) {
      yield* crash(state, slot, host);
    }
    if (state.left.damaged > 0) {
      const left = { ...state.left, damaged: state.left.damaged - 1 };
      const disk = state.disk.with(slot * 2, 'damaged').with(slot * 2 + 1, 'damaged');
      yield { label: `the block of ${slot} is damaged`, state: { ...state, left, disk } };
    }
  }
  for (const write of state.hung) {
    const rest = state.hung.filter((one) => one !== write);
    const late = { ...state, hung: rest };
    yield { label: `a late write of ${write.slot} lands`, state: put(late, write, write.cell) };
    yield { label: `a late write of ${write.slot} is lost`, state: late };
  }
}

function* endsOfWrite(state: PaxosState, slot: number, host: Host, write: Write): Generator<Next> {
  const after = withHost(put(state, write, write.cell), slot, {
    ...host,
    write: null,
    read: host.proposer === null ? null : [],
    lastSeq: write.cell.writeSeq,
  });
  yield { label: `${slot} has written`, state: after };
  const givenUp = { ...host, write: null, read: null, proposer: null };
  if (state.left.torn > 0) {
    const left = { ...state.left, torn: state.left.torn - 1 };
    yield {
      label: `${slot}'s write is torn`,
      state: withHost({ ...put(state, write, 'torn'), left }, slot, givenUp),
    };
  }
  if (state.left.hung > 0) {
    const left = { ...state.left, hung: state.left.hung - 1 };
    const hung = [...state.hung, write];
    yield { label: `${slot}'s write hangs`, state: withHost({ ...state, left, hung }, slot, givenUp) };
  }
}

/** A reboot: by the rule of the quiet time what was on its way has landed or never will. */
function* crash(state: PaxosState, slot: number, host: Host): Generator<Next> {
  const left = { ...state.left, crashes: state.left.crashes - 1 };
  const writes = [
    ...state.hung.filter((one) => one.slot === slot),
    ...(host.write === null ? [] : [host.write]),
  ];
  const hung = state.hung.filter((one) => one.slot !== slot);
  const fresh = { ...idle, begun: host.begun };
  const without = withHost({ ...state, left, hung }, slot, fresh);
  yield { label: `${slot} reboots, its writes lost`, state: without };
  for (const write of writes) {
    yield { label: `${slot} reboots, a write landed`, state: put(without, write, write.cell) };
    if (without.left.torn > 0) {
      const torn = { ...without, left: { ...left, torn: left.torn - 1 } };
      yield { label: `${slot} reboots, a write torn`, state: put(torn, write, 'torn') };
    }
  }
}

function withHost(state: PaxosState, slot: number, host: Host): PaxosState {
  return { ...state, hosts: state.hosts.with(slot, host) };
}

function put(state: PaxosState, { slot, half }: Write, cell: Cell | 'torn'): PaxosState {
  const place = slot * 2 + half;
  return state.disk[place] === 'damaged' ? state : { ...state, disk: state.disk.with(place, cell) };
}

function pairOf(state: PaxosState, slot: number, rules: PaxosRules): Pair<Cell & PaxosBlock<string>> {
  const pair = readPair(decoded(state.disk[slot * 2]), decoded(state.disk[slot * 2 + 1]));
  return pair.kind === 'unreadable' && !rules.abortOnUnreadable ? { kind: 'empty' } : pair;
}

function decoded(cell: PaxosState['disk'][number] | undefined): Decoded<Cell> {
  if (cell === 'torn' || cell === 'damaged') {
    return { kind: 'unreadable', reason: cell };
  }
  return cell === null || cell === undefined ? { kind: 'empty' } : { kind: 'record', value: cell };
}

function readOne(state: PaxosState, slot: number, host: Host, bounds: PaxosBounds): PaxosState {
  const read = [...(host.read ?? []), pairOf(state, host.read?.length ?? 0, bounds.rules)];
  if (read.length < bounds.hosts) {
    return withHost(state, slot, { ...host, read });
  }
  const resting = { ...host, read: null, proposer: null };
  if (host.proposer === null) {
    return begin(state, slot, resting, read, bounds);
  }
  const step = afterRead(host.proposer, read);
  switch (step.kind) {
    case 'write':
      return issue(state, slot, { ...resting, proposer: step.proposer }, read, bounds, null);
    case 'decided':
      return decide(state, slot, { ...resting, proposer: host.proposer }, read, bounds, step.value);
    case 'outbid':
      return withHost(state, slot, { ...resting, atLeastMbal: step.mbal });
    case 'overtaken':
    case 'abort':
      return withHost(state, slot, resting);
  }
}

function begin(
  state: PaxosState,
  slot: number,
  host: Host,
  read: readonly Pair<Cell & PaxosBlock<string>>[],
  bounds: PaxosBounds,
): PaxosState {
  const generation =
    1 + Math.max(...read.map((pair) => (pair.kind === 'record' ? pair.value.decidedGeneration : 0)));
  const step =
    generation > bounds.generations
      ? null
      : beginBallot(slot, generation, `${slot}.${host.begun}`, read, host.atLeastMbal);
  return step?.kind === 'write'
    ? issue(state, slot, { ...host, proposer: step.proposer }, read, bounds, null)
    : withHost(state, slot, host);
}

/** Hands out a write of the own block, as `writeBlock` does. */
function issue(
  state: PaxosState,
  slot: number,
  host: Host,
  read: readonly Pair<Cell & PaxosBlock<string>>[],
  bounds: PaxosBounds,
  decision: { generation: number; value: string } | null,
): PaxosState {
  const own = read[slot] ?? { kind: 'empty' };
  const next = nextWrite(own, host.lastSeq);
  const locked = bounds.rules.waitForUnreturned && state.hung.some((write) => write.slot === slot);
  if (next === null || locked || host.proposer === null) {
    return withHost(state, slot, { ...host, proposer: null });
  }
  const newest = newestDecision(read);
  const cell: Cell = {
    writeSeq: next.writeSeq,
    decidedGeneration: decision?.generation ?? newest.generation,
    decidedValue: decision?.value ?? newest.value,
    paxos: host.proposer.own,
  };
  const proposer = decision === null ? host.proposer : null;
  return withHost(state, slot, { ...host, proposer, write: { slot, half: next.half, cell } });
}

function newestDecision(read: readonly Pair<Cell>[]): { generation: number; value: string | null } {
  let newest: { generation: number; value: string | null } = { generation: 0, value: null };
  for (const pair of read) {
    if (pair.kind === 'record' && pair.value.decidedGeneration > newest.generation) {
      newest = { generation: pair.value.decidedGeneration, value: pair.value.decidedValue };
    }
  }
  return newest;
}

function decide(
  state: PaxosState,
  slot: number,
  host: Host,
  read: readonly Pair<Cell & PaxosBlock<string>>[],
  bounds: PaxosBounds,
  value: string,
): PaxosState {
  const generation = host.proposer?.own.instance ?? nothing.instance;
  const before = state.decisions[generation - 1];
  const violation =
    before !== undefined && before !== value
      ? `generation ${generation} was decided for ${before} and for ${value}`
      : state.violation;
  const decisions =
    before === undefined ? state.decisions.toSpliced(generation - 1, 1, value) : state.decisions;
  const after = { ...state, decisions, violation };
  return issue(after, slot, host, read, bounds, { generation, value });
}

function key(state: PaxosState): string {
  return JSON.stringify([state.disk, state.hosts, state.hung, state.left, state.decisions]);
}
