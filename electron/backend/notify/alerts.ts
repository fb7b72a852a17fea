import { randomBytes } from 'node:crypto';
import type { ControlParams, ControlResult } from '../../../agent/protocol/control.ts';
import type { Failure } from '../../../agent/protocol/failure.ts';
import type { NotifyDraft, NotifyStatus, NotifyView } from '../../../agent/protocol/notify.ts';
import type { GroupAlerts, HostAlerts, HostTest } from '../../ipc/daily/alertViews.ts';
import { listed } from '../../ipc/words.ts';
import { asFailure, fail } from '../failures.ts';

/** A host writes one small file. */
const ASK_WITHIN_MS = 15_000;
/** Each channel has half a minute on the host; they are tried together. */
const TEST_WITHIN_MS = 45_000;
const REVISION_BYTES = 4;

type Method = 'notify.show' | 'notify.set' | 'notify.test';
/** Asks the agent of one host; rejects with a FailureError. */
export type AskHost = <M extends Method>(
  host: string,
  method: M,
  params: ControlParams<M>,
  deadlineMs: number,
) => Promise<ControlResult<M>>;

export async function showAlerts(hosts: readonly string[], ask: AskHost): Promise<GroupAlerts> {
  const seen = await Promise.all(
    hosts.map(async (host): Promise<HostAlerts> => {
      try {
        return { host, status: await ask(host, 'notify.show', {}, ASK_WITHIN_MS), failure: null };
      } catch (fault) {
        return { host, status: null, failure: asFailure(fault) };
      }
    }),
  );
  return alertsOf(seen);
}

/** Puts together what hosts have said. Pure. */
export function alertsOf(hosts: readonly HostAlerts[]): GroupAlerts {
  const known = hosts.flatMap(({ host, status }) => (status === null ? [] : [{ host, status }]));
  const revisions = Map.groupBy(known, ({ status }) => status.settings?.revision ?? null);
  return { hosts, settings: newest(known), skew: skewOf(revisions) };
}

type Known = readonly { readonly host: string; readonly status: NotifyStatus }[];

/** Of those that most hosts have; who has none yet counts last. */
function newest(known: Known): NotifyView | null {
  const views = known.flatMap(({ status }) => status.settings ?? []);
  const counted = views.map((view) => ({
    view,
    count: views.filter(({ revision }) => revision === view.revision).length,
  }));
  return counted.toSorted((a, b) => b.count - a.count)[0]?.view ?? null;
}

function skewOf(revisions: ReadonlyMap<string | null, Known>): string | null {
  if (revisions.size < 2) return null;
  const without = revisions.get(null)?.map(({ host }) => host) ?? [];
  if (without.length > 0)
    return `${listed(without)} ${without.length === 1 ? 'has' : 'have'} no settings: enter the secrets again and save, then every host tells.`;
  const names = [...revisions.values()].map((hosts) => listed(hosts.map(({ host }) => host)));
  return `${names.join(' and ')} go by different settings: enter the secrets again and save, then all are the same.`;
}

/**
 * Gives all hosts the same settings. Refused before anything is changed when a host that answers lacks a secret that is
 * to be kept, or takes no such settings; one that does not answer is told of, and shows as different until it has them.
 */
export async function saveAlerts(
  hosts: readonly string[],
  ask: AskHost,
  settings: NotifyDraft | null,
): Promise<GroupAlerts> {
  const before = await showAlerts(hosts, ask);
  const answering = before.hosts.filter(({ status }) => status !== null);
  const refused = refusal(before, settings);
  if (refused !== null) throw fail(refused);
  const revision = randomBytes(REVISION_BYTES).toString('hex');
  const failures = new Map<string, Failure>();
  // One after another: what the first refuses for what it says is changed nowhere.
  for (const [index, { host }] of answering.entries()) {
    try {
      await ask(host, 'notify.set', { revision, settings }, ASK_WITHIN_MS);
    } catch (fault) {
      if (index === 0) throw fault;
      failures.set(host, asFailure(fault));
    }
  }
  const after = await showAlerts(hosts, ask);
  return {
    ...after,
    hosts: after.hosts.map((one) => ({ ...one, failure: failures.get(one.host) ?? one.failure })),
  };
}

function refusal({ hosts }: GroupAlerts, draft: NotifyDraft | null): Failure | null {
  const silent = hosts.find(({ status }) => status === null);
  if (hosts.every(({ status }) => status === null) && silent?.failure != null) return silent.failure;
  const older = hosts.find(({ failure }) => failure?.code === 'control.unknown-method');
  if (older !== undefined)
    return {
      code: 'notify.agent-older',
      message: `The agent of ${older.host} can't tell people yet.`,
      meaning: 'Nothing was changed on any host.',
      fix: 'Update the agents first: Settings, Updates.',
    };
  for (const { host, status } of hosts) {
    const field = status === null || draft === null ? null : missingSecret(draft, status.settings);
    if (field !== null)
      return {
        code: 'notify.no-secret',
        message: `${host} does not have a secret that is to be kept (${field}).`,
        meaning: 'Nothing was changed on any host.',
        fix: 'Enter it again: it is then set on every host.',
        field,
      };
  }
  return null;
}

/** The field of the first secret that is to be kept where there is none. */
function missingSecret(draft: NotifyDraft, view: NotifyView | null): string | null {
  const { mail, trap } = draft;
  if (mail?.password.kind === 'keep' && view?.mail?.password !== true) return 'mail.password';
  for (const [index, webhook] of draft.webhooks.entries()) {
    const known = view?.webhooks.find(({ name }) => name === webhook.name);
    for (const field of ['url', 'token'] as const)
      if (webhook[field].kind === 'keep' && known?.[field] !== true) return `webhooks.${index}.${field}`;
  }
  for (const field of ['community', 'authPassword', 'privPassword'] as const)
    if (trap?.[field].kind === 'keep' && view?.trap?.[field] !== true) return `trap.${field}`;
  return null;
}

export async function testAlerts(
  hosts: readonly string[],
  ask: AskHost,
  channel: string | null,
): Promise<readonly HostTest[]> {
  const params = channel === null ? {} : { channel };
  return Promise.all(
    hosts.map(async (host): Promise<HostTest> => {
      try {
        const { results } = await ask(host, 'notify.test', params, TEST_WITHIN_MS);
        return { host, results, failure: null };
      } catch (fault) {
        return { host, results: [], failure: asFailure(fault) };
      }
    }),
  );
}
