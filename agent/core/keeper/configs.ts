import type { ConfigBlock, GroupConfig } from '../../protocol/group.ts';
import { CONFIG_BLOCKS, configBlock, configFits, encodeConfigBlock } from '../area.ts';
import { type Pair, nextWrite } from '../pair.ts';
import { type PaxosBlock, type PaxosStep, afterRead, beginBallot } from '../paxos.ts';
import { mayAcquire } from './acquire.ts';
import { adoptConfig } from './learn.ts';
import { refuseMembers } from './membership.ts';
import { failOperation, keepOperation } from './operations.ts';
import { settling } from './settle.ts';
import type { ConfigOperation, ConfigRead, State, Turn } from './state.ts';
import { without } from './state.ts';
import { queueTokens } from './sweep.ts';
import { failed, ioDeadlineMs, issueWrite, reply, tell, writeLocked } from './turn.ts';

/** The group's configuration: one Disk Paxos instance per generation, on own blocks only (rule 20). */

const MAX_BALLOTS = 6;
const OUTBID_PAUSE_MS = 60;
/** Time for the sweep to read the tokens that a proposal wants to use, in ms. */
const UNREAD_PAUSE_MS = 200;
/** A proposal made just after a start waits so long for the others to vouch, in ms: less than whoever asked does. */
const SETTLE_PATIENCE_MS = 8000;

export function configAfterRead(turn: Turn, operation: ConfigOperation, read: ConfigRead): void {
  const { s } = turn;
  const next = { ...operation, read };
  if (operation.goal !== 'propose' || operation.config === null) {
    writeConfig(turn, { ...next, stage: 'commit', decided: newest(s, read) });
    return;
  }
  if (operation.stage === 'proposeRead' && operation.proposer !== null) {
    takeStep(turn, next, afterRead(operation.proposer, paxosBlocks(read)));
    return;
  }
  const unread = operation.config.vms.filter((entry) => indexStanding(s, entry.token, entry.vm) === 'unread');
  if (unread.length > 0 && operation.attempts + 1 < MAX_BALLOTS) {
    queueTokens(
      s,
      unread.map((entry) => entry.token),
    );
    const retryAtMs = turn.nowMs + UNREAD_PAUSE_MS;
    keepOperation(turn, { ...next, stage: 'retry', attempts: operation.attempts + 1, retryAtMs });
    return;
  }
  const refusal = mayAcquire(s, turn.nowMs) ?? refuseProposal(s, operation.config, read);
  if (refusal?.code === settling().code && turn.nowMs - operation.startedMs < SETTLE_PATIENCE_MS) {
    keepOperation(turn, { ...next, stage: 'retry', retryAtMs: turn.nowMs + UNREAD_PAUSE_MS });
    return;
  }
  if (refusal !== null) {
    failOperation(turn, operation, refusal);
    return;
  }
  const { config } = operation;
  const step = beginBallot(s.self.slot, config.generation, config, paxosBlocks(read), operation.atLeastMbal);
  takeStep(turn, next, step);
}

function refuseProposal(s: State, config: GroupConfig, read: ConfigRead): ReturnType<typeof failed> | null {
  if (config.groupId !== s.self.groupId || config.areaId !== s.self.areaId) {
    return failed('config.foreign', 'The proposed configuration is of another group.');
  }
  const present = Math.max(read.decided?.generation ?? 0, s.config?.generation ?? 0);
  if (config.generation !== present + 1) {
    return failed(
      'config.stale',
      'The configuration was changed meanwhile; look at the new one and try again.',
    );
  }
  if (!configFits(config)) {
    return failed('config.too-large', 'The configuration does not fit into its block.');
  }
  const members = refuseMembers(s, config);
  if (members !== null) {
    return members;
  }
  const inUse = config.vms.find((entry) => indexStanding(s, entry.token, entry.vm) !== 'fine');
  const message = `Token ${inUse?.token} still belongs to a VM that was protected before; choose another one.`;
  return inUse === undefined ? null : failed('config.token-in-use', message);
}

/**
 * A token index is given to another VM only when its former VM's token was released, which only a read of it since the
 * present configuration came into force can tell.
 */
function indexStanding(s: State, token: number, vm: string): 'fine' | 'in-use' | 'unread' {
  if (s.config?.vms.some((entry) => entry.token === token && entry.vm === vm) === true) {
    return 'fine';
  }
  const held = s.held.get(token);
  if (held !== undefined) {
    return held.vm === vm ? 'fine' : 'in-use';
  }
  const read = s.tokens.get(token);
  if (read === undefined || (s.tokenReadMs.get(token) ?? 0) < s.configSinceMs) {
    return 'unread';
  }
  const { decided, note } = read;
  return decided === null || decided.value.vm === vm || note?.released === true ? 'fine' : 'in-use';
}

function newest(s: State, read: ConfigRead): GroupConfig | null {
  return (s.config?.generation ?? 0) > (read.decided?.generation ?? 0) ? s.config : read.decided;
}

function paxosBlocks(read: ConfigRead): readonly Pair<PaxosBlock<GroupConfig>>[] {
  return read.pairs.map((pair) =>
    pair.kind === 'record'
      ? {
          ...pair,
          value: { paxos: pair.value.paxos, decidedGeneration: pair.value.decided?.generation ?? 0 },
        }
      : pair,
  );
}

function takeStep(turn: Turn, operation: ConfigOperation, step: PaxosStep<GroupConfig>): void {
  const { s, nowMs } = turn;
  switch (step.kind) {
    case 'write':
      writeConfig(turn, { ...operation, stage: 'propose', proposer: step.proposer });
      return;
    case 'decided':
      writeConfig(turn, { ...operation, stage: 'commit', decided: step.value });
      return;
    case 'outbid':
      if (operation.attempts + 1 < MAX_BALLOTS) {
        const retryAtMs = nowMs + OUTBID_PAUSE_MS * (s.self.slot + 1);
        const attempts = operation.attempts + 1;
        keepOperation(turn, { ...operation, stage: 'retry', attempts, retryAtMs, atLeastMbal: step.mbal });
        return;
      }
      failOperation(
        turn,
        operation,
        failed('config.contended', 'Another host changes the configuration right now.'),
      );
      return;
    case 'overtaken':
      s.configReadWanted = true;
      failOperation(
        turn,
        operation,
        failed('config.stale', 'The configuration was changed meanwhile; try again.'),
      );
      return;
    case 'abort':
      failOperation(
        turn,
        operation,
        failed(
          'config.unreadable',
          `The configuration block of host ${step.slot} on the store can't be validated.`,
        ),
      );
      return;
  }
}

/** Once a generation is decided its `inp` is not needed any more: the decision stands beside it. */
function ownPaxos(operation: ConfigOperation, before: ConfigBlock | null): ConfigBlock['paxos'] {
  const paxos = operation.proposer?.own ?? before?.paxos ?? { instance: 0, mbal: 0, bal: 0, inp: null };
  const settled = (operation.decided?.generation ?? 0) >= paxos.instance;
  return settled ? { ...paxos, inp: null } : paxos;
}

function writeConfig(turn: Turn, operation: ConfigOperation): void {
  const { s } = turn;
  const { slot, areaId } = s.self;
  const { read } = operation;
  const own = read?.pairs[slot] ?? { kind: 'empty' };
  const next = nextWrite(own, s.configMark.seq);
  const halves = [configBlock(slot, 0), configBlock(slot, 1)];
  if (next === null || writeLocked(s, halves, CONFIG_BLOCKS)) {
    const message = 'An earlier write of this host to the configuration has not come back from the store.';
    failOperation(turn, operation, failed('config.write-pending', message));
    return;
  }
  const before = own.kind === 'record' ? own.value : null;
  const block: ConfigBlock = {
    areaId,
    slot,
    epoch: Math.max(s.epoch, before?.epoch ?? 0),
    writeSeq: next.writeSeq,
    paxos: ownPaxos(operation, before),
    decided: operation.decided ?? read?.decided ?? null,
  };
  keepOperation(turn, { ...operation, writeSeq: next.writeSeq });
  issueWrite(
    turn,
    { kind: 'operation', key: operation.key, startedMs: turn.nowMs },
    {
      block: configBlock(slot, next.half),
      data: encodeConfigBlock(block),
      deadlineMs: ioDeadlineMs(turn),
      lane: 'table',
      class: 'exclusive',
    },
  );
}

export function configAfterCommit(turn: Turn, operation: ConfigOperation): void {
  const { s } = turn;
  s.operations = without(s.operations, operation.key);
  const { decided } = operation;
  if (operation.goal === 'epoch') {
    s.epochReserved = true;
    s.nextCycleMs = Math.min(s.nextCycleMs, turn.nowMs);
    return;
  }
  if (decided !== null && decided.generation > (s.config?.generation ?? 0)) {
    adoptConfig(turn, decided);
  }
  if (operation.goal === 'reassert') {
    tell(turn, 'config.reasserted', { generation: decided?.generation ?? 0 });
    return;
  }
  if (sameConfig(operation.config, decided)) {
    reply(turn, operation.requestId, decided?.generation ?? null);
  } else {
    const failure = failed(
      'config.stale',
      'Another change of the configuration came first; look at it and try again.',
    );
    failOperation(turn, operation, failure);
  }
}

function sameConfig(left: GroupConfig | null, right: GroupConfig | null): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
