import {
  CONFIG_READ_BLOCKS,
  TOKEN_READ_BLOCKS,
  blockOf,
  configBlock,
  CONFIG_BLOCKS,
  decodeConfigBlock,
  tokenBlock,
} from '../area.ts';
import { MAX_HOSTS } from '../../protocol/ids.ts';
import type { ConfigBlock } from '../../protocol/group.ts';
import { type Pair, readPair } from '../pair.ts';
import type { ConfigRead, State, Turn } from './state.ts';
import { ioDeadlineMs, issueRead } from './turn.ts';

/** Keeps the picture of tokens and configuration: read when a host says it wrote some, and all of it now and then. */

/** Even without a hint everything is read this often, in ms. */
const SWEEP_EVERY_MS = 60_000;
/** After a failed table read, in ms. */
const RETRY_MS = 1000;

/** The ones asked for last come first. */
export function queueTokens(s: State, tokens: readonly number[]): void {
  s.sweep = [...tokens, ...s.sweep.filter((token) => !tokens.includes(token))];
}

/** Tokens of the configured VMs, the ones this host holds, and those of former VMs that are not released yet. */
export function queueAllTokens(s: State): void {
  const tokens = new Set([...(s.config?.vms.map((entry) => entry.token) ?? []), ...s.held.keys()]);
  for (const [token, read] of s.tokens) {
    if (read.decided !== null && read.note?.released !== true) {
      tokens.add(token);
    }
  }
  queueTokens(s, [...tokens]);
}

/** One table read of ours on its way at a time, beside those of operations. */
export function runSweep(turn: Turn): void {
  const { s, nowMs } = turn;
  if (s.header.raw === null || s.header.failure !== null || nowMs < s.sweepAfterMs) {
    return;
  }
  if ([...s.flights.values()].some((flight) => flight.kind === 'sweep' || flight.kind === 'configRead')) {
    return;
  }
  if (s.lastSweepMs === null || nowMs - s.lastSweepMs >= SWEEP_EVERY_MS) {
    s.lastSweepMs = nowMs;
    s.configReadWanted = true;
    queueAllTokens(s);
  }
  if (s.configReadWanted) {
    s.configReadWanted = false;
    issueConfigRead(turn, { kind: 'configRead', startedMs: nowMs });
    return;
  }
  const [token, ...rest] = s.sweep;
  if (token !== undefined) {
    s.sweep = rest;
    issueTokenRead(turn, token, { kind: 'sweep', token, startedMs: nowMs });
  }
}

export function sweepFailed(turn: Turn, token: number | null): void {
  const { s, nowMs } = turn;
  s.sweepAfterMs = nowMs + RETRY_MS;
  if (token === null) {
    s.configReadWanted = true;
  } else {
    queueTokens(s, [token]);
  }
}

export function issueTokenRead(turn: Turn, token: number, flight: Parameters<typeof issueRead>[1]): void {
  const deadlineMs = ioDeadlineMs(turn);
  issueRead(turn, flight, {
    block: tokenBlock(token, 0, 0),
    blocks: TOKEN_READ_BLOCKS,
    deadlineMs,
    lane: 'table',
  });
}

export function issueConfigRead(turn: Turn, flight: Parameters<typeof issueRead>[1]): void {
  const deadlineMs = ioDeadlineMs(turn);
  issueRead(turn, flight, {
    block: configBlock(0, 0),
    blocks: CONFIG_READ_BLOCKS,
    deadlineMs,
    lane: 'table',
  });
}

/** Takes apart a read of all configuration blocks. */
export function readConfigs(data: Uint8Array, areaId: string): ConfigRead {
  const first = configBlock(0, 0);
  const pairs: Pair<ConfigBlock>[] = [];
  for (let slot = 0; slot < MAX_HOSTS; slot += 1) {
    const half = (which: 0 | 1) =>
      decodeConfigBlock(blockOf(data, first, configBlock(slot, which), CONFIG_BLOCKS), areaId, slot);
    pairs.push(readPair(half(0), half(1)));
  }
  const known = pairs.map((pair) => (pair.kind === 'record' ? pair.value.decided : null));
  const decided = known.reduce(
    (best, one) => ((one?.generation ?? 0) > (best?.generation ?? 0) ? one : best),
    null,
  );
  const unreadable = pairs.findIndex((pair) => pair.kind === 'unreadable' || pair.kind === 'newer');
  return { pairs, decided, unreadableSlot: unreadable === -1 ? null : unreadable };
}
