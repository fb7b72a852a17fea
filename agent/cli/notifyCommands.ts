import type { NotifyStatus } from '../protocol/notify.ts';
import { type Command, json } from './command.ts';
import type { CliIo } from './io.ts';
import { failureText, table } from './text.ts';

/** A receiver may take its half minute. */
const TEST_WITHIN_MS = 60_000;

/** How this host tells people when no app is open, as a person reads it. */
export function notifyText(
  { settings, channels, peers, metrics, engineId }: NotifyStatus,
  io: CliIo,
): string {
  if (settings === null)
    return 'Nobody is told by this host when no app is open. Set it up in the app: Settings, Alerts.\n';
  const rows = channels.map(({ channel, waiting, lastToldAt, failure }) => [
    channel,
    lastToldAt ?? '-',
    String(waiting),
    failure === null ? 'works' : failure.message,
  ]);
  const others = peers.map(({ host, revision }) =>
    revision === settings.revision
      ? `${host} has the same settings.\n`
      : `${host} ${revision === null ? 'has no settings, or is not heard' : 'has OTHER settings'}: save them in the app again.\n`,
  );
  return [
    `Settings ${settings.revision}. Protection that is missing is told after ${settings.missingAfterMinutes} min.\n\n`,
    rows.length === 0
      ? 'There is no channel.\n'
      : table(['CHANNEL', 'LAST TOLD', 'WAITING', 'STATE'], rows, io),
    others.length === 0 ? '' : '\n',
    ...others,
    settings.trap?.version === '3' ? `SNMP engine id of this host: 0x${engineId}\n` : '',
    metrics === null ? '' : `Prometheus: ${metrics.failure?.message ?? `${metrics.address}, /metrics`}\n`,
  ].join('');
}

export const notifyStatus: Command = {
  operands: ['status'],
  flags: [],
  options: [],
  run: async ({ io, client, json: asJson }) => {
    const answer = await client.call('notify.show', {});
    io.out(asJson ? json(answer) : notifyText(answer, io));
    return 0;
  },
};

export const notifyTest: Command = {
  operands: ['test'],
  mayFollow: ['CHANNEL'],
  flags: [],
  options: [],
  run: async ({ io, words, client, json: asJson }) => {
    const channel = words.operands[1];
    const params = channel === undefined ? {} : { channel };
    const { results } = await client.call('notify.test', params, TEST_WITHIN_MS);
    if (asJson) io.out(json({ results }));
    for (const { channel: name, failure, tookMs } of asJson ? [] : results)
      io.out(
        failure === null
          ? `${name}: taken after ${(tookMs / 1000).toFixed(1)} s\n`
          : `${name}: ${failureText(failure)}`,
      );
    return results.every(({ failure }) => failure === null) ? 0 : 1;
  },
};
