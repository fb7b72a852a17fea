import type { HostResult, Since, VmResult, WorldResult } from '../world/result.ts';
import type { Expectation, HostExpectation, Scenario, VmExpectation } from './scenario.ts';

/** An expectation that was not met, and what was seen instead. */
export interface FailedExpectation {
  readonly expected: Expectation;
  readonly saw: string;
}

/** What `npm run simulate -- FILE.json` prints: DESIGN.md's section 7, times in seconds with milliseconds. */
export interface Verdict {
  readonly ok: boolean;
  readonly violations: WorldResult['violations'];
  readonly failedExpectations: readonly FailedExpectation[];
  readonly vms: Readonly<Record<string, { readonly host: string | null; readonly downtime: number }>>;
  readonly resets: Readonly<Record<string, number>>;
  readonly endedAt: number;
}

export function judge(scenario: Scenario, result: WorldResult): Verdict {
  const failedExpectations = scenario.expect.flatMap((expected) => {
    const at = expected.at ?? scenario.until;
    const saw = 'vm' in expected ? vmShortfalls(expected, at, result) : hostShortfalls(expected, at, result);
    return saw.map((text) => ({ expected, saw: text }));
  });
  return {
    ok: result.violations.length === 0 && failedExpectations.length === 0,
    violations: result.violations,
    failedExpectations,
    vms: mapValues(result.vms, ({ host, downtimeS }) => ({ host, downtime: toMillis(downtimeS) })),
    resets: mapValues(result.hosts, ({ resets }) => resets),
    endedAt: toMillis(result.endedAt),
  };
}

function vmShortfalls(expected: VmExpectation, at: number, result: WorldResult): string[] {
  const vm = result.vms[expected.vm];
  if (vm === undefined) return [`nothing is known of ${expected.vm}`];
  const shortfalls: string[] = [];
  const host = valueAt(vm.runs, at) ?? null;
  if (expected.runsOn !== undefined && host !== expected.runsOn) {
    shortfalls.push(`at ${at} s ${expected.vm} runs on ${host ?? 'no host'}`);
  }
  const readiness = valueAt(vm.readiness, at) ?? null;
  if (expected.readiness !== undefined && readiness !== expected.readiness) {
    shortfalls.push(`at ${at} s ${expected.vm} is ${readiness ?? 'judged by no agent'}`);
  }
  const downS = downtimeUntil(vm, at);
  if (expected.maxDowntime !== undefined && downS > expected.maxDowntime) {
    shortfalls.push(`until ${at} s ${expected.vm} was down for ${toMillis(downS)} s`);
  }
  return shortfalls;
}

function hostShortfalls(expected: HostExpectation, at: number, result: WorldResult): string[] {
  const shortfalls: string[] = [];
  const resets = resetsUntil(result.hosts[expected.host], at);
  if (expected.resets !== undefined && resets !== expected.resets) {
    shortfalls.push(`until ${at} s ${expected.host} was reset ${resets} times`);
  }
  const runs = Object.keys(result.vms).filter(
    (name) => valueAt(result.vms[name]?.runs ?? [], at) === expected.host,
  );
  if (expected.runs !== undefined && expected.runs.toSorted().join() !== runs.toSorted().join()) {
    shortfalls.push(`at ${at} s ${expected.host} runs ${runs.length === 0 ? 'nothing' : runs.join(', ')}`);
  }
  return shortfalls;
}

function valueAt<Value>(timeline: readonly Since<Value>[], at: number): Value | undefined {
  return timeline.findLast((entry) => entry.at <= at)?.value;
}

/** Seconds without service until then; of an outage that goes on, the part that has passed. */
function downtimeUntil(vm: VmResult, until: number): number {
  let sum = 0;
  for (const [index, entry] of vm.down.entries()) {
    if (!entry.value || entry.at >= until) continue;
    sum += Math.min(vm.down[index + 1]?.at ?? until, until) - entry.at;
  }
  return sum;
}

function resetsUntil(host: HostResult | undefined, at: number): number {
  return host?.resetsAt.filter((resetAt) => resetAt <= at).length ?? 0;
}

function toMillis(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

function mapValues<Value, Mapped>(
  record: Readonly<Record<string, Value>>,
  map: (value: Value) => Mapped,
): Record<string, Mapped> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
