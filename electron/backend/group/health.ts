import { setTimeout as delay } from 'node:timers/promises';
import type { Status } from '../../../agent/protocol/control.ts';
import type { Failure } from '../../../agent/protocol/failure.ts';
import { openControl } from '../control/control.ts';
import { asFailure } from '../failures.ts';
import type { HostSession } from '../ssh/session.ts';

export type HostStatusResult =
  | { readonly host: string; readonly status: Status }
  | { readonly host: string; readonly failure: Failure };

/** A status answers from memory; an agent that needs longer is hung. */
const STATUS_DEADLINE_MS = 10_000;

/** What the agent of each host says; one that does not answer is a result, too. */
export function statusOf(sessions: readonly HostSession[]): Promise<readonly HostStatusResult[]> {
  return Promise.all(sessions.map(oneStatus));
}

async function oneStatus(session: HostSession): Promise<HostStatusResult> {
  try {
    const control = await openControl(session);
    try {
      return { host: session.hostName, status: await control.call('status', {}, STATUS_DEADLINE_MS) };
    } finally {
      control.close();
    }
  } catch (fault) {
    return { host: session.hostName, failure: asFailure(fault) };
  }
}

export interface GroupHealth {
  readonly whole: boolean;
  readonly why: string | null;
  readonly shortcomings: readonly string[];
}

/** Whether every host has its lease, its store, its libvirt, and hears every other. */
async function groupHealth(sessions: readonly HostSession[]): Promise<GroupHealth> {
  const results = await statusOf(sessions);
  const why = results.map(whatIsMissing).find((reason) => reason !== null) ?? null;
  return { whole: why === null, why, shortcomings: shortcomings(results) };
}

/** What a group that is up still lacks in safety, as sentences. Pure. */
function shortcomings(results: readonly HostStatusResult[]): string[] {
  return results.flatMap((result) => {
    if ('failure' in result || result.status.self.watchdog === 'armed') return [];
    const kind =
      result.status.self.watchdog === 'software' ? 'only a software watchdog' : 'no armed watchdog';
    const reason = result.status.self.phaseBecause?.message ?? 'see understudy status on the host';
    return [
      `${result.host} has ${kind}: its VMs are taken over only after a proof, unless you accepted it (${reason}).`,
    ];
  });
}

/** The first thing that a host lacks, as a clause; null: nothing. Pure. */
function whatIsMissing(result: HostStatusResult): string | null {
  if ('failure' in result) return `${result.host} does not answer: ${result.failure.message}`;
  const { status, host } = result;
  if (!status.self.keeperConnected) return `the keeper of ${host} is not there`;
  if (status.self.phase !== 'alive') {
    return `${host} is ${status.self.phase ?? 'starting'}${status.self.phaseBecause === null ? '' : `: ${status.self.phaseBecause.message}`}`;
  }
  if (!status.store.reachable) return `${host} does not reach the store`;
  if (!status.self.hypervisor.connected) return `${host} does not reach libvirt`;
  const quiet = status.hosts.find((other) => other.slot !== status.self.slot && other.state !== 'alive');
  return quiet === undefined ? null : `${host} does not hear ${quiet.name} yet`;
}

/** Between two looks; a look itself takes some tens of milliseconds a host. */
const LOOK_EVERY_MS = 1_000;

/** Waits for a group that was just started; returns what it looks like in the end, whole or not. */
export async function awaitHealth(
  sessions: readonly HostSession[],
  waitMs: number,
  say: (text: string) => void,
): Promise<GroupHealth> {
  const untilMs = performance.now() + waitMs;
  let said = '';
  for (;;) {
    const health = await groupHealth(sessions);
    if (health.whole || performance.now() >= untilMs) return health;
    if (health.why !== null && health.why !== said) say(`waiting: ${health.why}`);
    said = health.why ?? '';
    await delay(LOOK_EVERY_MS);
  }
}
