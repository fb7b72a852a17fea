import type { SignKind, SignLevel, SignStatus } from '../../protocol/hostSigns.ts';
import type { ReadinessReason } from '../../protocol/readiness.ts';
import { noSigns, type Sign, type SignLook } from './signState.ts';
import { type Draft, type EngineState, freshView, tell } from './state.ts';
import { signWords } from './signWords.ts';

/** Looks come once a minute: three have to agree before it counts that something is worse. */
export const WORSE_AFTER_MS = 120_000;
/** Temperatures, errors and latencies come in waves; what was bad an hour ago is not over because of one good look. */
export const BETTER_AFTER_MS = 1_800_000;
/** A few looks that were missed; then what was known is too old. */
const STALE_AFTER_MS = 600_000;
/**
 * Shares of L, the time without a renewal after which a host stops its VMs. A renewal that takes a quarter leaves room for
 * three more; one that takes half leaves room for none that fails.
 */
const STORE_WORRYING = 0.25;
const STORE_FAILING = 0.5;

/** What the machine itself is made of. Store and load have reasons of their own in the readiness. */
const HARDWARE: ReadonlySet<SignKind> = new Set([
  'disk',
  'memory-errors',
  'temperature',
  'fan',
  'power-supply',
]);

const RANK = { fine: 0, worrying: 1, failing: 2 } as const;

export function heardSigns(draft: Draft, look: SignLook): void {
  const before = signsNow(draft, draft.nowMs);
  const store = storeSign(draft);
  const readings = store === null ? look.readings : [...look.readings, store];
  const signs = new Map<SignKind, Sign>();
  for (const { sign, level, evidence } of readings) {
    const known = before.get(sign);
    const now = settle(known, level, evidence, draft.nowMs);
    signs.set(sign, now);
    if (now.level !== (known?.level ?? 'fine')) tellSign(draft, sign, now, known?.level ?? 'fine');
  }
  draft.signs = { lookedAtMs: draft.nowMs, signs };
}

/** What is known now; nothing when nobody has looked for a while. */
function signsNow({ signs }: Pick<EngineState, 'signs'>, nowMs: number): ReadonlyMap<SignKind, Sign> {
  return nowMs - signs.lookedAtMs <= STALE_AFTER_MS ? signs.signs : noSigns.signs;
}

/** The hardware of this host as a whole, at its worst; null: nothing of it can be read. */
export function hardwareLevel(state: Pick<EngineState, 'signs'>, nowMs: number): SignLevel | null {
  return worstHardware(state, nowMs, ({ level }) => level);
}

/** What the others are told of it: a sign that has only begun counts too, so that none gives its VMs to one that is no better. */
export function hardwareTold(state: Pick<EngineState, 'signs'>, nowMs: number): SignLevel | null {
  return worstHardware(state, nowMs, ({ level, sinceMs }) => {
    const seen = sinceMs.failing !== null ? 'failing' : sinceMs.worrying !== null ? 'worrying' : 'fine';
    return RANK[seen] > RANK[level] ? seen : level;
  });
}

function worstHardware(
  state: Pick<EngineState, 'signs'>,
  nowMs: number,
  levelOf: (sign: Sign) => SignLevel,
): SignLevel | null {
  let worst: SignLevel | null = null;
  for (const [kind, sign] of signsNow(state, nowMs)) {
    const level = levelOf(sign);
    if (HARDWARE.has(kind) && (worst === null || RANK[level] > RANK[worst])) worst = level;
  }
  return worst;
}

function settle(known: Sign | undefined, seen: SignLevel, evidence: string, nowMs: number): Sign {
  const since = (level: 'worrying' | 'failing'): number | null =>
    RANK[seen] >= RANK[level] ? (known?.sinceMs[level] ?? nowMs) : null;
  const sinceMs = { worrying: since('worrying'), failing: since('failing') };
  const lasts = (level: 'worrying' | 'failing'): boolean => {
    const beganMs = sinceMs[level];
    return beganMs !== null && nowMs - beganMs >= WORSE_AFTER_MS;
  };
  const reached: SignLevel = lasts('failing') ? 'failing' : lasts('worrying') ? 'worrying' : 'fine';
  const level = known?.level ?? 'fine';
  if (RANK[reached] >= RANK[level]) {
    return { level: reached, evidence, sinceMs, betterSinceMs: null };
  }
  // It looks better than it counts. What it was is kept as evidence until it counts no more.
  const isBetter = RANK[seen] < RANK[level];
  const betterSinceMs = isBetter ? (known?.betterSinceMs ?? nowMs) : null;
  const isOver = betterSinceMs !== null && nowMs - betterSinceMs >= BETTER_AFTER_MS;
  if (isOver) return { level: reached, evidence, sinceMs, betterSinceMs: null };
  return { level, evidence: isBetter ? (known?.evidence ?? evidence) : evidence, sinceMs, betterSinceMs };
}

/** How long the slowest of the last renewals took, against the time after which this host would have to stop its VMs. */
function storeSign(draft: Draft): SignStatus | null {
  const view = freshView(draft, draft.nowMs);
  if (view?.store.renewMaxMs == null || !view.store.reachable) return null;
  const { renewMaxMs } = view.store;
  const share = renewMaxMs / view.timing.loseAfterMs;
  const level = share >= STORE_FAILING ? 'failing' : share >= STORE_WORRYING ? 'worrying' : 'fine';
  const evidence = `the slowest of the last renewals took ${(renewMaxMs / 1000).toFixed(1)} s of ${view.timing.loseAfterMs / 1000} s`;
  return { sign: 'store', level, evidence };
}

function tellSign(draft: Draft, sign: SignKind, { level, evidence }: Sign, before: SignLevel): void {
  const words = signWords[sign];
  const { hostName } = draft.setup;
  if (level === 'fine') {
    const text = `${hostName}: ${words.subject} ${words.isFine} again (${evidence}).`;
    return tell(draft, { code: 'host.sign-over', level: 'notice', text, facts: { sign, before } });
  }
  const verb = level === 'failing' ? words.failing : words.worrying;
  const text = `${hostName}: ${words.subject} ${verb}: ${evidence}. ${words.means} ${words.fix}`;
  const facts = { sign, level, evidence };
  tell(draft, { code: words.code, level: level === 'failing' ? 'alarm' : 'warning', text, facts });
}

/** For the status: what this host knows of itself. */
export function signStatuses(state: EngineState, nowMs: number): readonly SignStatus[] {
  return [...signsNow(state, nowMs)].map(([sign, { level, evidence }]) => ({ sign, level, evidence }));
}

/** For the readiness of a VM that this host runs or could run: only what fails. */
export function signReasons(state: EngineState, nowMs: number): ReadinessReason[] {
  return signStatuses(state, nowMs).flatMap(({ sign, level, evidence }) => {
    if (level !== 'failing' || !HARDWARE.has(sign)) return [];
    const { subject, failing, fix } = signWords[sign];
    const message = `${state.setup.hostName} may fail: ${subject} ${failing} (${evidence}).`;
    return [{ code: 'ready.host-failing' as const, weight: 'degraded' as const, message, fix }];
  });
}
