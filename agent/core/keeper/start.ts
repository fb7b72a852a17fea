import type { RunFile } from '../../protocol/keeperLink.ts';
import { SIGNS_OF_LIFE } from './regression.ts';
import { MAX_HOSTS } from '../../protocol/ids.ts';
import { startWatch } from '../observer.ts';
import { PROFILES } from '../timing.ts';
import { loseAfterMs } from './rights.ts';
import type { Held, KeeperState, State } from './state.ts';
import type { KeeperSetup } from './types.ts';

/** Ids for a millisecond of boot time: an id never comes back within a boot, whatever keeper gave it. */
const IDS_PER_MS = 64;

/** The keeper's first state: a fresh one after a boot, or the one that the run file tells of (rule 6). */
export function startKeeper(setup: KeeperSetup, nowMs: number): KeeperState {
  const { settings, bootId, runFile } = setup;
  const s = freshState(setup, nowMs);
  const ours =
    runFile !== null &&
    runFile.bootId === bootId &&
    runFile.areaId === settings.areaId &&
    runFile.slot === settings.slot;
  if (ours) {
    resume(s, runFile, nowMs);
  }
  return s;
}

function freshState(setup: KeeperSetup, nowMs: number): State {
  const { settings, config } = setup;
  const ours = config?.areaId === settings.areaId && config.groupId === settings.groupId;
  return {
    self: {
      slot: settings.slot,
      hostName: settings.hostName,
      hardwareId: settings.hardwareId,
      groupId: settings.groupId,
      areaId: settings.areaId,
      bootId: setup.bootId,
      version: setup.version,
      realTime: setup.realTime,
    },
    config: ours ? config : null,
    timing: ours ? PROFILES[config.profile] : PROFILES.steady,
    ackedTiming: null,
    promisedSlots: new Set(ours ? config.hosts.map((host) => host.slot) : []),
    behindSinceMs: null,
    ...freshVouching(),
    phase: 'waiting',
    because: null,
    startedMs: nowMs,
    epoch: 0,
    epochReserved: false,
    lastGoodMs: null,
    seqIssued: 0,
    leaseMark: { seq: 0, atMs: 0 },
    burntEpoch: 0,
    drainedEpoch: 0,
    burntGenerations: new Map(),
    held: new Map(),
    pendingStarts: new Map(),
    unreturned: [],
    nextId: Math.floor(nowMs) * IDS_PER_MS,
    flights: new Map(),
    nextCycleMs: nowMs,
    renewDueMs: null,
    slowRenewMs: nowMs,
    lastTickMs: null,
    watch: startWatch(MAX_HOSTS),
    header: { raw: null, failure: null },
    own: { raw: null, lease: null, unchangedSinceMs: null, checkedToMs: null },
    namedEpoch: 0,
    store: {
      lastReadMs: null,
      lastReadStartedMs: null,
      lastWriteMs: null,
      error: null,
      lostSinceMs: null,
      renewTimes: [],
    },
    ...freshTables(nowMs),
    watchdog: { state: 'none', timeoutMs: null, why: null },
    ...freshProcesses(),
    lapse: null,
    passiveBecause: null,
    challenges: new Map(),
    nextChallengeMs: nowMs,
    thawedAtMs: 0,
    holdUntilMs: null,
    thawChecks: null,
    thawReadsAfterMs: nowMs,
    leave: null,
    agentAbsentSinceMs: nowMs,
    gate: null,
    viewDirty: true,
    lastViewMs: null,
  };
}

function freshVouching(): Pick<
  State,
  'vouchChecks' | 'vouched' | 'confirmedMs' | 'settled' | 'ask' | 'settleFromMs' | 'settleTold'
> {
  const unsettled = { settled: false, ask: 0, settleFromMs: null, settleTold: false };
  return { vouchChecks: new Map(), vouched: new Map(), confirmedMs: new Map(), ...unsettled };
}

function freshProcesses(): Pick<
  State,
  'scan' | 'continued' | 'incoming' | 'presence' | 'cleanEnds' | 'stops' | 'stopRequests' | 'frozen'
> {
  const none = {
    incoming: new Map(),
    presence: new Map(),
    cleanEnds: new Map(),
    stops: new Map(),
    stopRequests: new Map(),
  };
  return { scan: null, continued: new Set(), ...none, frozen: new Set() };
}

type Tables = Pick<
  State,
  | 'regressedUntilMs'
  | 'regressedAtMs'
  | 'unheard'
  | 'tokens'
  | 'tokenReadMs'
  | 'decidedSeen'
  | 'configSinceMs'
  | 'tokenMarks'
  | 'configMark'
  | 'tokensHint'
  | 'configHint'
  | 'seenHints'
  | 'sweep'
  | 'lastSweepMs'
  | 'sweepAfterMs'
  | 'reassert'
  | 'configReadWanted'
  | 'configRead'
  | 'choresAfterMs'
  | 'operations'
  | 'requests'
>;

function freshTables(nowMs: number): Tables {
  const hint = Math.floor(nowMs);
  return {
    regressedUntilMs: null,
    regressedAtMs: null,
    unheard: new Map(),
    tokens: new Map(),
    tokenReadMs: new Map(),
    decidedSeen: new Map(),
    configSinceMs: nowMs,
    tokenMarks: new Map(),
    configMark: { seq: 0, atMs: 0 },
    // Others look whether the number differs; the boot clock makes it differ from the one before a restart.
    tokensHint: hint,
    configHint: hint,
    seenHints: new Map(),
    sweep: [],
    lastSweepMs: null,
    sweepAfterMs: nowMs,
    reassert: new Set(),
    configReadWanted: true,
    configRead: null,
    choresAfterMs: nowMs,
    operations: new Map(),
    requests: [],
  };
}

/** A restarted keeper has the epoch, the end of the lease and the burnt marks that it had: it gets no new L. */
function resume(s: State, file: RunFile, nowMs: number): void {
  s.timing = file.timing ?? s.timing;
  s.ackedTiming = s.timing;
  s.epoch = file.epoch;
  s.lastGoodMs = file.lastGoodMs;
  s.burntEpoch = file.burntEpoch;
  s.drainedEpoch = file.drainedEpoch;
  s.burntGenerations = new Map(file.burntGenerations.map(({ token, generation }) => [token, generation]));
  s.pendingStarts = new Map(file.pendingStarts.map(({ token, sinceMs }) => [token, sinceMs]));
  s.continued = new Set(
    file.pendingStarts.filter(({ continued }) => continued !== false).map(({ token }) => token),
  );
  s.incoming = new Map(file.incoming?.map((copy) => [copy.token, copy]) ?? []);
  s.unreturned = remembered(file.unreturned);
  s.nextId = Math.max(s.nextId, ...file.unreturned.map((write) => write.id + 1));
  s.seqIssued = Math.max(file.leaseSeqIssued ?? 0, file.leaseSeq);
  s.leaseMark = { seq: file.leaseSeq, atMs: nowMs };
  s.promisedSlots = new Set([...s.promisedSlots, ...(file.configSlots ?? [])]);
  s.regressedUntilMs = file.regressedUntilMs ?? null;
  s.regressedAtMs = s.regressedUntilMs === null ? null : nowMs;
  s.unheard = new Map(file.unheard?.map((slot) => [slot, SIGNS_OF_LIFE]) ?? []);
  s.decidedSeen = new Map(file.decidedSeen?.map(({ token, generation }) => [token, generation]) ?? []);
  s.frozen = new Set(file.frozen ?? []);
  s.held = new Map(file.held.map((entry) => [entry.token, resumedToken(entry, nowMs)]));
  // Whether a QEMU that is gone by now had its writes done, this keeper has not seen.
  s.presence = new Map(
    [...s.held.values()].map(({ vm }) => [vm, { present: true, stopped: false, goneAtMs: null }]),
  );
  resumePhase(s, file, nowMs);
}

/** Writes of plain renewals that are kept over restarts; keepers that crash again and again must not fill the file. */
const MAX_OLD_RENEWALS = 16;

function remembered(writes: RunFile['unreturned']): RunFile['unreturned'] {
  const renewals = writes.filter((write) => write.class === 'renewal').slice(-MAX_OLD_RENEWALS);
  return [...writes.filter((write) => write.class === 'exclusive'), ...renewals];
}

function resumedToken(entry: RunFile['held'][number], nowMs: number): Held {
  const { token, vm, generation, drain, claim } = entry;
  const rest = { note: null, sinceMs: nowMs, releasing: false };
  return { token, vm, generation, drain, claim: claim ?? false, ...rest };
}

function resumePhase(s: State, file: RunFile, nowMs: number): void {
  if (file.epoch === 0) {
    return;
  }
  if (file.burntEpoch >= file.epoch) {
    s.phase = file.drainedEpoch >= file.epoch ? 'drained' : 'stopping';
    const endMs = (file.lastGoodMs ?? nowMs) + loseAfterMs(s);
    s.lapse = s.phase === 'stopping' ? { atMs: nowMs, endMs: Math.min(endMs, nowMs) } : null;
  } else if (file.holdUntilMs !== null) {
    s.phase = 'holding';
    s.holdUntilMs = file.holdUntilMs;
  } else if (file.lastGoodMs === null) {
    s.phase = 'joining';
  } else {
    s.phase = 'alive';
    s.epochReserved = true;
  }
  s.settled = file.settledEpoch === file.epoch;
  s.ask = file.ask ?? 0;
  if (s.phase === 'alive' || s.phase === 'holding') {
    s.settleFromMs = nowMs;
  }
}
