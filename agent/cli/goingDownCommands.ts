import type { Status } from '../protocol/control.ts';
import { FailureError } from '../protocol/failure.ts';
import { type Command, type CommandRun, json, operand, said } from './command.ts';
import { type ReadWords, timeSpan, UsageError } from './commandLine.ts';

/** As long as the unit that holds the shutdown up waits at most; what is left then is for libvirt-guests and systemd. */
const WITHIN_MS = 300_000;
const WITHIN_AT_LEAST_MS = 1000;
const WITHIN_AT_MOST_MS = 3_600_000;

function withinMs({ options }: ReadWords): number {
  const text = options.get('--within');
  return text === undefined ? WITHIN_MS : timeSpan('--within', text, WITHIN_AT_LEAST_MS, WITHIN_AT_MOST_MS);
}

const leftOn = ({ self }: Status): number => self.goingDown?.vmsLeft ?? 0;

/** Resolves with how many VMs are left when none is, or when the time is over; rejects when the agent ends. */
async function untilEmpty(
  { io, client, onNotification, json: asJson }: CommandRun,
  forMs: number,
): Promise<number> {
  let told = -1;
  const tell = (left: number): void => {
    if (left !== told && left > 0 && !asJson)
      io.err(`${left} ${left === 1 ? 'VM is' : 'VMs are'} still to leave.\n`);
    told = left;
  };
  const empty = new Promise<number>((resolve) => {
    onNotification((notification) => {
      if (notification.method !== 'status') return;
      tell(leftOn(notification.params));
      if (told === 0) resolve(0);
    });
  });
  const { status } = await client.call('subscribe', { consoleName: 'understudy step-down' });
  tell(leftOn(status));
  if (told === 0) return 0;
  const late = new Promise<number>((resolve) => {
    AbortSignal.timeout(forMs).addEventListener('abort', () => resolve(told));
  });
  const ended = client.ended.then((failure): number => {
    throw new FailureError(failure);
  });
  return Promise.race([empty, late, ended]);
}

const stepDown: Command = {
  operands: [],
  flags: ['--no-wait'],
  options: ['--within'],
  check: withinMs,
  run: async (run) => {
    const { io, words, client, json: asJson } = run;
    const answer = await client.call('host.goingDown', { reason: 'shutdown' });
    if (words.flags.has('--no-wait')) {
      io.out(asJson ? json(answer) : `${answer.text}\n`);
      return 0;
    }
    const left = await untilEmpty(run, withinMs(words));
    const done = left === 0;
    const text = done
      ? 'No protected VM is left on this host.'
      : `${left} ${left === 1 ? 'VM is' : 'VMs are'} still on this host; the time to wait is over.`;
    io.out(asJson ? json({ text, vmsLeft: left }) : `${text}\n`);
    return done ? 0 : 1;
  },
};

const UPS_EVENTS = ['on-battery', 'low-battery', 'power-back'] as const;

function upsEvent(words: ReadWords): (typeof UPS_EVENTS)[number] {
  const word = operand(words);
  const known = UPS_EVENTS.find((one) => one === word);
  if (known !== undefined) return known;
  throw new UsageError(`"${word}" is no event of a UPS; there are ${UPS_EVENTS.join(', ')}.`);
}

const ups: Command = {
  ...said(['EVENT'], (client, words) => {
    const event = upsEvent(words);
    return event === 'power-back'
      ? client.call('host.stays', {})
      : client.call('host.goingDown', { reason: event });
  }),
  check: upsEvent,
};

/** What a host says of itself when it is about to go: by the unit that holds a shutdown up, by a UPS, or by hand. */
export const goingDownCommands: Readonly<Record<string, Command>> = { 'step-down': stepDown, ups };
