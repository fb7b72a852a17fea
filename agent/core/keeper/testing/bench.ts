import type { GroupConfig } from '../../../protocol/group.ts';
import type { KeeperLine, KeeperRequestBody, KeeperView, RunFile } from '../../../protocol/keeperLink.ts';
import type { HostLease, TokenBlock, TokenValue } from '../../../protocol/store.ts';
import {
  areaHeaderBlocks,
  blockOf,
  encodeLease,
  encodeTokenBlock,
  firstConfigBlock,
  leaseBlock,
  tokenBlock,
} from '../../area.ts';
import { BLOCK_BYTES } from '../../record.ts';
import { PROFILES } from '../../timing.ts';
import { type KeeperState, startKeeper, step } from '../step.ts';
import type { IoOutcome, KeeperEffect, KeeperInput, SeenProcess } from '../types.ts';
import { makeView } from '../view.ts';
import { areaId, benchConfig, bootId, groupId, note, otherBootId, process, vm } from './fixtures.ts';

/** A keeper on a bench: its effects are carried out on an area in memory at once, or held back, as a test wants. */

const TICK_MS = 100;
type Io = Extract<KeeperEffect, { kind: 'read' | 'write' }>;
export type IoMode = 'ok' | 'hang' | 'fail' | 'readonly';
type Reply = Extract<KeeperLine, { kind: 'reply' | 'refused' }>;

export class Bench {
  nowMs = 60_000;
  state: KeeperState;
  io: { lease: IoMode; table: IoMode } = { lease: 'ok', table: 'ok' };
  readonly config: GroupConfig;
  readonly blocks = new Map<number, Uint8Array>();
  /** All effects since the last `take`. */
  effects: KeeperEffect[] = [];
  hanging: Io[] = [];
  processes: SeenProcess[] = [];
  hookStarts: string[] = [];
  scans = true;
  runFile: RunFile | null = null;
  readonly replies = new Map<number, Reply>();
  private nextRequest = 1;
  private readonly late = new Set<number>();

  constructor(over: { config?: GroupConfig; nowMs?: number } = {}) {
    this.config = over.config ?? benchConfig();
    this.nowMs = over.nowMs ?? this.nowMs;
    this.put(0, areaHeaderBlocks({ areaId, groupId, blockBytes: 4096, hostSlots: 8, tokenSlots: 64 }));
    const first = firstConfigBlock(this.config);
    this.put(first.block, first.data);
    this.state = this.fresh(null);
    this.input({ kind: 'watchdog', nowMs: this.nowMs, state: 'armed', timeoutMs: 2000, why: null });
    this.input({ kind: 'agent', nowMs: this.nowMs, connected: true });
  }

  private fresh(runFile: RunFile | null): KeeperState {
    const host = this.config.hosts[0];
    const settings = {
      version: 1,
      slot: 0,
      hostName: 'host0',
      hardwareId: host?.hardwareId ?? '',
      groupId,
      areaId,
      areaPath: '/store/area',
      hypervisor: 'demo',
      watchdogDevice: null,
      watchdogAttributes: null,
    } as const;
    const setup = { settings, bootId, version: 'test', realTime: true, runFile, config: this.config };
    return startKeeper(setup, this.nowMs);
  }

  /** The keeper dies and is started again in the same boot, with what it had written to /run. */
  restart(): void {
    this.hanging = [];
    this.state = this.fresh(this.runFile);
    this.input({ kind: 'watchdog', nowMs: this.nowMs, state: 'armed', timeoutMs: 2000, why: null });
  }

  put(block: number, data: Uint8Array): void {
    for (let index = 0; index * BLOCK_BYTES < data.length; index += 1) {
      this.blocks.set(block + index, data.slice(index * BLOCK_BYTES, (index + 1) * BLOCK_BYTES));
    }
  }

  get(block: number, blocks = 1): Uint8Array {
    const data = new Uint8Array(blocks * BLOCK_BYTES);
    for (let index = 0; index < blocks; index += 1) {
      const bytes = this.blocks.get(block + index);
      if (bytes !== undefined) {
        blockOf(data, 0, index).set(bytes);
      }
    }
    return data;
  }

  input(input: KeeperInput): void {
    const { state, effects } = step(this.state, input);
    this.state = state;
    const outcomes: { id: number; outcome: IoOutcome }[] = [];
    for (const effect of effects) {
      this.effects.push(effect);
      if (effect.kind === 'saveRun') {
        this.runFile = effect.file;
      } else if (effect.kind === 'send' && (effect.line.kind === 'reply' || effect.line.kind === 'refused')) {
        this.replies.set(effect.line.id, effect.line);
      } else if (effect.kind === 'read' || effect.kind === 'write') {
        const outcome = this.perform(effect);
        if (outcome !== null) {
          outcomes.push({ id: effect.id, outcome });
        }
      }
    }
    for (const { id, outcome } of outcomes) {
      this.input({ kind: 'io', nowMs: this.nowMs, id, outcome });
    }
  }

  private perform(effect: Io): IoOutcome | null {
    const mode = this.io[effect.lane];
    if (mode === 'hang') {
      this.hanging.push(effect);
      return null;
    }
    const fails = mode === 'fail' || (mode === 'readonly' && effect.kind === 'write');
    return fails ? { kind: 'failed', error: 'input/output error' } : this.apply(effect);
  }

  private apply(effect: Io): IoOutcome {
    if (effect.kind === 'read') {
      return { kind: 'read', data: this.get(effect.block, effect.blocks) };
    }
    this.put(effect.block, effect.data);
    return { kind: 'written' };
  }

  /** Time passes: ticks every 100 ms, each with a scan; hanging I/O becomes late at its deadline. */
  pass(ms: number): void {
    const endMs = this.nowMs + ms;
    while (this.nowMs < endMs) {
      this.nowMs += Math.min(TICK_MS, endMs - this.nowMs);
      this.tick();
    }
  }

  tick(): void {
    for (const effect of this.hanging.filter(
      (one) => one.deadlineMs <= this.nowMs && !this.late.has(one.id),
    )) {
      this.late.add(effect.id);
      this.input({ kind: 'io', nowMs: this.nowMs, id: effect.id, outcome: { kind: 'late' } });
    }
    const scan = { startedAtMs: this.nowMs, processes: this.processes, hookStarts: this.hookStarts };
    this.input({ kind: 'tick', nowMs: this.nowMs, scan: this.scans ? scan : null });
  }

  /** Hanging I/O comes back now, as if nothing had been. */
  settle(which: (effect: Io) => boolean = () => true): void {
    const settled = this.hanging.filter(which);
    this.hanging = this.hanging.filter((effect) => !settled.includes(effect));
    for (const effect of settled) {
      this.input({ kind: 'io', nowMs: this.nowMs, id: effect.id, outcome: this.apply(effect) });
    }
  }

  ask(body: KeeperRequestBody): number {
    const id = this.nextRequest;
    this.nextRequest += 1;
    this.input({ kind: 'request', nowMs: this.nowMs, request: { id, body } });
    return id;
  }

  /** The reply's generation, or the code of the refusal, or null while there is no answer. */
  answer(id: number): number | string | null {
    const line = this.replies.get(id);
    return line === undefined ? null : line.kind === 'refused' ? line.failure.code : (line.generation ?? 0);
  }

  view(): KeeperView {
    return makeView(this.state, this.nowMs);
  }

  take(): KeeperEffect[] {
    const { effects } = this;
    this.effects = [];
    return effects;
  }

  kinds(kind: KeeperEffect['kind']): KeeperEffect[] {
    return this.effects.filter((effect) => effect.kind === kind);
  }

  codes(): string[] {
    return this.effects.flatMap((effect) =>
      effect.kind === 'send' && effect.line.kind === 'event' ? [effect.line.code] : [],
    );
  }

  /** Boots through: quiet time, watched slot, first record. */
  alive(): this {
    this.pass(6000);
    this.take();
    return this;
  }

  /** Holds token 0 and runs its VM, as an agent would have made it. */
  running(): this {
    this.alive();
    this.ask({ kind: 'acquire', token: 0, note: note() });
    this.pass(300);
    const generation = this.state.held.get(0)?.generation ?? 0;
    this.ask({ kind: 'beginStart', token: 0, generation });
    this.ask({ kind: 'mayContinue', token: 0, generation });
    this.processes = [process()];
    this.pass(100);
    this.ask({ kind: 'endStart', token: 0, outcome: 'running' });
    this.pass(200);
    this.take();
    return this;
  }

  peerLease(over: Partial<HostLease> = {}): HostLease {
    return {
      areaId,
      slot: 1,
      hostName: 'host1',
      hardwareId: '1'.repeat(64),
      bootId: otherBootId,
      epoch: 3,
      seq: 7,
      state: 'alive',
      timing: PROFILES.steady,
      watchdog: 'armed',
      softwareWatchdogAccepted: false,
      configGeneration: 1,
      configSlots: [0, 1],
      tokensHint: 0,
      configHint: 0,
      // It has found what it holds since the first epochs of the host on the bench.
      vouches: [1, 2, 3].map((epoch) => ({ slot: 0, bootId, epoch })),
      stampMs: 1000,
      ...over,
    };
  }

  putPeer(over: Partial<HostLease> = {}): void {
    this.put(leaseBlock(1), encodeLease(this.peerLease(over)));
  }

  /** Token 0 as host 1 left it: decided for it at this generation. */
  putPeerToken(generation: number, over: Partial<TokenBlock> = {}, epoch = 3): void {
    const value: TokenValue = { vm, holder: 1, holderEpoch: epoch, target: null };
    const block: TokenBlock = {
      areaId,
      slot: 1,
      token: 0,
      writeSeq: generation,
      paxos: { instance: generation, mbal: 1, bal: 1, inp: value },
      decided: { generation, value },
      note: note({ generation }),
      ...over,
    };
    this.put(tokenBlock(0, 1, generation % 2 === 0 ? 0 : 1), encodeTokenBlock(block));
  }
}
