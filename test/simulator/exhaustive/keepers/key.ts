import type { KeeperState } from '../../../../agent/core/keeper/step.ts';
import type { Flight, TokenOperation } from '../../../../agent/core/keeper/state.ts';
import type { Incoming } from '../../../../agent/core/keeper/types.ts';
import { STEP_MS } from '../timing.ts';
import { behind, blockKey, diskKey, fixed, incarnation, leaseKey, letterKey } from './recordKeys.ts';
import { type Host, type Todo, type World, clock } from './world.ts';

/**
 * What of a world matters for its future, as a text that is equal for worlds that can only do the same. Times are ages;
 * numbers that only count up are distances. Ages beyond every wait of the protocol are all the same.
 */

/** T is the longest wait, 10.5 steps; whatever waits for less gets an age that ends earlier, so that more states meet. */
const OLD_STEPS = 11;
const SOON_OLD_STEPS = 5;
/** Beside the ages: what only shows, counts for statistics, or is constant in a search. */
type Left =
  | 'self'
  | 'timing'
  | 'ackedTiming'
  | 'because'
  | 'nextId'
  | 'requests'
  | 'lastSweepMs'
  | 'watchdog'
  | 'stopRequests'
  | 'passiveBecause'
  | 'leave'
  | 'agentAbsentSinceMs'
  | 'viewDirty'
  | 'lastViewMs'
  | 'tokensHint'
  | 'configHint'
  | 'seenHints'
  | 'promisedSlots'
  | 'ask'
  | 'regressedUntilMs'
  | 'regressedAtMs'
  | 'unheard'
  | 'settleTold';

interface At {
  readonly world: World;
  readonly host: Host;
  readonly nowMs: number;
}

function age(at: At, ms: number | null | undefined, oldSteps = OLD_STEPS): string {
  if (ms === null || ms === undefined) {
    return '-';
  }
  const steps = (at.nowMs - ms) / STEP_MS;
  return steps > oldSteps ? 'o' : `${steps}`;
}

function soonOld(at: At, ms: number | null | undefined): string {
  return age(at, ms, SOON_OLD_STEPS);
}

function list<Entry>(entries: Iterable<Entry>, describe: (entry: Entry) => string): string {
  let text = '';
  for (const entry of entries) {
    text += `${describe(entry)};`;
  }
  return text;
}

function flight(at: At, value: Flight): string {
  switch (value.kind) {
    case 'renewal':
      return `r ${age(at, value.stampMs)} ${value.epoch} ${behind((at.host.keeper?.seqIssued ?? 0) - value.seq)} ${value.state} ${value.seq - value.leastSeq} ${behind((at.host.keeper?.ask ?? 0) - value.ask)}`;
    case 'sweep':
      return `s ${value.token} ${age(at, value.startedMs)}`;
    case 'operation':
      return `o ${value.key} ${age(at, value.startedMs)}`;
    case 'leaseRead':
    case 'configRead':
      return `${value.kind} ${age(at, value.startedMs)}`;
  }
}

type Describe = (s: KeeperState, at: At) => string;

/** Every field of the keeper's state is here or in `Left`: a new one does not compile until it was judged. */
const FIELDS: { readonly [Field in Exclude<keyof KeeperState, Left>]: Describe } = {
  config: (s) => `${s.config?.generation}`,
  phase: (s) => s.phase,
  startedMs: (s, at) => soonOld(at, s.startedMs),
  epoch: (s) => `${s.epoch}`,
  epochReserved: (s) => `${s.epochReserved}`,
  lastGoodMs: (s, at) => age(at, s.lastGoodMs),
  seqIssued: (s) => (s.seqIssued === 0 ? '0' : '+'),
  leaseMark: (s, at) =>
    s.leaseMark.seq === 0
      ? `0 ${soonOld(at, s.leaseMark.atMs)}`
      : `${behind(s.seqIssued - s.leaseMark.seq)} ${soonOld(at, s.leaseMark.atMs)}`,
  burntEpoch: (s) => `${s.burntEpoch}`,
  drainedEpoch: (s) => `${s.drainedEpoch}`,
  burntGenerations: (s) => fixed(s.burntGenerations),
  held: (s, at) =>
    list(s.held.values(), (one) => {
      const note = one.note === null ? '-' : fixed(one.note);
      return `${one.token} ${one.generation} ${one.claim} ${one.releasing} ${note} ${soonOld(at, one.sinceMs)}`;
    }),
  cleanEnds: (s, at) => list(s.cleanEnds.values(), (one) => `${soonOld(at, one.saidMs)} ${one.isMigrated}`),
  incoming: (s, at) => list(s.incoming.values(), (one) => copyKey(at, one)),
  pendingStarts: (s, at) => list(s.pendingStarts, ([index, sinceMs]) => `${index} ${soonOld(at, sinceMs)}`),
  continued: (s) => (s.pendingStarts.size === 0 ? '' : [...s.continued].join()),
  unreturned: (s) =>
    list(
      s.unreturned,
      (one) =>
        `${behind(s.nextId - one.id)} ${one.block} ${one.class} ${one.seq === undefined ? '-' : behind(s.seqIssued - one.seq)}`,
    ),
  flights: (s, at) => list(s.flights, ([id, one]) => `${behind(s.nextId - id)} ${flight(at, one)}`),
  nextCycleMs: (s, at) => age(at, s.nextCycleMs),
  renewDueMs: (s, at) => age(at, s.renewDueMs),
  slowRenewMs: (s, at) => soonOld(at, s.slowRenewMs),
  lastTickMs: (s, at) => soonOld(at, s.lastTickMs),
  watch: (s, at) => {
    const peers = list(s.watch.peers.slice(0, at.world.hosts.length), (peer) => {
      const raw = peer.unreadable === null || peer.raw === null ? '' : fixed(peer.raw);
      const hints = s.seenHints.get(peer.slot);
      const seen = hints?.tokens === peer.lease?.tokensHint && hints?.config === peer.lease?.configHint;
      return `${leaseKey(at.world, peer.lease)} ${raw} ${peer.raw === null} ${age(at, peer.baseMs)} ${peer.seenEpoch} ${peer.provenEpoch} ${peer.provenBecause} ${peer.timeEpoch} ${seen}`;
    });
    return `${peers} ${soonOld(at, s.watch.lastGoodEndMs)} ${soonOld(at, s.watch.timelySinceMs)}`;
  },
  header: (s) => `${s.header.raw === null} ${s.header.failure?.code}`,
  own: (s, at) =>
    `${s.own.raw === null} ${leaseKey(at.world, s.own.lease)} ${soonOld(at, s.own.unchangedSinceMs)} ${soonOld(at, s.own.checkedToMs)}`,
  namedEpoch: (s) => `${s.namedEpoch}`,
  store: (s, at) =>
    `${soonOld(at, s.store.lastReadMs)} ${soonOld(at, s.store.lastReadStartedMs)} ${soonOld(at, s.store.lostSinceMs)}`,
  tokens: (s) => list(s.tokens, ([index, read]) => `${index} ${fixed(read)}`),
  tokenReadMs: (s, at) => list(s.tokenReadMs.values(), (readMs) => soonOld(at, readMs)),
  decidedSeen: (s) => fixed(s.decidedSeen),
  tokenMarks: (s, at) =>
    list(s.tokenMarks, ([index, mark]) => `${index} ${mark.seq} ${soonOld(at, mark.atMs)}`),
  configMark: (s, at) => `${s.configMark.seq} ${soonOld(at, s.configMark.atMs)}`,
  sweep: (s) => s.sweep.join(),
  sweepAfterMs: (s, at) => soonOld(at, s.sweepAfterMs),
  reassert: (s) => [...s.reassert].join(),
  configReadWanted: (s) => `${s.configReadWanted}`,
  configRead: (s) => fixed(s.configRead),
  behindSinceMs: (s, at) => soonOld(at, s.behindSinceMs),
  vouchChecks: (s, at) =>
    list(
      s.vouchChecks,
      ([slot, one]) => `${slot} ${incarnation(at.world, slot, one)} ${soonOld(at, one.sinceMs)}`,
    ),
  vouched: (s, at) => list(s.vouched, ([slot, one]) => `${slot} ${incarnation(at.world, slot, one)}`),
  confirmedMs: (s, at) => list(s.confirmedMs, ([token, ms]) => `${token} ${soonOld(at, ms)}`),
  settled: (s) => `${s.settled}`,
  settleFromMs: (s, at) => (s.settled ? '' : age(at, s.settleFromMs)),
  configSinceMs: (s, at) => soonOld(at, s.configSinceMs),
  choresAfterMs: (s, at) => soonOld(at, s.choresAfterMs),
  operations: (s, at) =>
    list(s.operations.values(), (one) => {
      const reads =
        one.kind === 'token'
          ? `${behind(s.nextId - one.leasesFromId)} ${one.byTime} ${one.goal} ${consultation(s, at, one)}`
          : one.goal;
      const read = one.read === null ? '-' : fixed(one.read);
      const proposer = one.proposer === null ? '-' : fixed(one.proposer);
      return `${one.key} ${one.stage} ${reads} ${read} ${proposer} ${one.atLeastMbal} ${one.attempts} ${soonOld(at, one.retryAtMs)} ${soonOld(at, one.startedMs)} ${one.writeSeq}`;
    }),
  scan: (s, at) =>
    s.scan === null
      ? '-'
      : `${soonOld(at, s.scan.startedAtMs)} ${list(s.scan.processes, (one) => `${one.pid} ${one.stopped}`)}`,
  presence: (s, at) =>
    list(s.presence.values(), (one) => `${one.present} ${one.stopped} ${soonOld(at, one.goneAtMs)}`),
  stops: (s, at) =>
    list(
      s.stops.values(),
      (one) =>
        `${soonOld(at, one.frozenAtMs)} ${soonOld(at, one.killByMs)} ${soonOld(at, one.killedAtMs)} ${one.sawStopped} ${[...one.stoppedIds].join()}`,
    ),
  frozen: (s) => `${s.frozen.size}`,
  lapse: (s, at) => (s.lapse === null ? '-' : `${soonOld(at, s.lapse.atMs)} ${soonOld(at, s.lapse.endMs)}`),
  challenges: (s, at) =>
    list(s.challenges, ([slot, one]) => {
      const sent = one.sent.map(({ sentMs }) => age(at, sentMs)).filter((text) => text !== 'o');
      return `${slot} ${age(at, one.answeredSentMs)} ${sent.join()}`;
    }),
  nextChallengeMs: (s, at) => age(at, s.nextChallengeMs),
  thawedAtMs: (s, at) => soonOld(at, s.thawedAtMs),
  holdUntilMs: (s, at) => age(at, s.holdUntilMs),
  thawChecks: (s) => fixed(s.thawChecks),
  thawReadsAfterMs: (s, at) => soonOld(at, s.thawReadsAfterMs),
  gate: (s, at) =>
    list(s.gate ?? [], (one) => `${one.epoch} ${one.generation} ${age(at, one.notAfterMs)} ${one.incoming}`),
};

/** Which of the others have renewed their leases since. */
function consultation(s: KeeperState, at: At, { consulted }: TokenOperation): string {
  return consulted === null
    ? '-'
    : `${age(at, consulted.atMs)} ${consulted.peers.map(({ slot, lease }) => s.watch.peers[slot]?.lease === lease).join()}`;
}

const describers: readonly Describe[] = Object.values(FIELDS);

function keeperKey(at: At): string {
  const { keeper } = at.host;
  if (keeper === null) {
    return 'none';
  }
  const rare =
    keeper.requests.length > 0 || keeper.regressedUntilMs !== null || keeper.passiveBecause !== null
      ? `${keeper.requests.length} ${age(at, keeper.regressedUntilMs)} ${keeper.passiveBecause?.code} ${keeper.stopRequests.size}`
      : '';
  return `${rare}${describers.map((describe) => describe(keeper, at)).join('|')}`;
}

function runFileKey(at: At): string {
  const file = at.host.runFile;
  if (file === null) {
    return '-';
  }
  const held = list(file.held, (one) => `${one.token} ${one.generation} ${one.claim}`);
  const unreturned = list(
    file.unreturned,
    (one) => `${one.block} ${one.class} ${behind((file.leaseSeqIssued ?? 0) - (one.seq ?? 0))}`,
  );
  const seqs = behind((file.leaseSeqIssued ?? 0) - file.leaseSeq);
  return `${file.epoch} ${age(at, file.lastGoodMs)} ${age(at, file.holdUntilMs)} ${file.burntEpoch} ${file.drainedEpoch} ${held} ${unreturned} ${seqs} ${fixed(file.burntGenerations)} ${list(file.pendingStarts, (one) => `${one.continued}`)} ${list(file.incoming ?? [], (one) => copyKey(at, one))} ${file.frozen?.length} ${age(at, file.regressedUntilMs)} ${file.settledEpoch} ${behind((at.host.keeper?.ask ?? file.ask ?? 0) - (file.ask ?? 0))}`;
}

function todoKey(at: At, todo: Todo): string {
  switch (todo.kind) {
    case 'effect': {
      const { effect } = todo;
      if (effect.kind === 'send' || effect.kind === 'saveRun') {
        return effect.kind === 'send' ? effect.line.kind : 'save';
      }
      return `${effect.kind} ${'notAfterMs' in effect ? age(at, effect.notAfterMs) : ''} ${'block' in effect ? effect.block : ''}`;
    }
    case 'readDone':
      return `done ${todo.effect.block} ${diskKey(at.world, todo.disk)}`;
    case 'io':
      return `io ${todo.outcome.kind}`;
    case 'mail':
      return letterKey(at.world, { from: todo.from, to: at.host.slot, message: todo.message }, age);
    case 'reply':
      return todo.line.kind;
    case 'input':
      return todo.input.kind;
    case 'tick':
    case 'agent':
      return todo.kind;
  }
}

const copyKey = (at: At, one: Incoming) => `${one.generation} ${age(at, one.untilMs)} ${one.isWhole}`;

function hostKey(world: World, host: Host): string {
  const at: At = { world, host, nowMs: clock(world, host) };
  const wall: At = { ...at, nowMs: world.nowMs };
  if (!host.on) {
    return `off ${age(wall, host.bootAtMs)} ${age(wall, host.lateUntilMs, 0)}`;
  }
  const { guest } = host;
  const seen =
    guest === null
      ? '-'
      : `${guest.pid} ${guest.paused} ${guest.frozen} ${guest.hung} ${guest.copy} ${guest.moved}`;
  const pending = list(
    host.pending,
    (one) =>
      `${one.effect.kind} ${one.effect.block} ${one.toldLate ? '' : age(at, one.effect.deadlineMs)} ${one.run === host.run} ${one.landed} ${one.toldLate} ${one.effect.kind === 'write' ? blockKey(world, one.effect.block, one.effect.data) : ''}`,
  );
  const gate = list(host.gate, (one) => `${one.epoch} ${one.generation} ${age(at, one.notAfterMs)}`);
  const flags = `${host.frozen} ${host.stalled} ${host.stray} ${host.stage} ${host.standDown} ${host.wantsHandOver} ${host.wantsMove} ${host.expects} ${host.reports.length}`;
  const times = `${host.boot} ${soonOld(at, 0)} ${age(wall, host.petAtMs)} ${age(wall, host.lateUntilMs, 0)} ${soonOld(wall, host.emptySinceMs)} ${soonOld(wall, host.ranSinceMs)}`;
  const todo = host.todo.length === 0 ? '' : list(host.todo, (one) => todoKey(at, one));
  return `${flags} ${times} ${seen} [${pending}] [${gate}] [${todo}] [${runFileKey(at)}] ${keeperKey(at)}`;
}

export function worldKey(world: World): string {
  const hosts = world.hosts.map((host) => hostKey(world, host)).join('\n');
  const ghosts = list(
    world.ghosts,
    (ghost) =>
      `${ghost.host} ${ghost.untilMs - world.nowMs} ${ghost.effect.block} ${ghost.effect.kind === 'write' ? blockKey(world, ghost.effect.block, ghost.effect.data) : ''}`,
  );
  const mail = list(world.mail, (one) => letterKey(world, one, age));
  return `${hosts}\n${diskKey(world, world.disk)}\n${ghosts}\n${mail}\n${[...world.cut].toSorted().join()} ${world.waitedMs}`;
}
