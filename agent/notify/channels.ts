import type { Message } from '../core/notify/types.ts';
import { type Failure, FailureError } from '../protocol/failure.ts';
import type { NotifySettings } from '../protocol/notify.ts';
import { sendMail } from './mail.ts';
import { sendTrap } from './trap.ts';
import { sendWebhook } from './webhook.ts';

/** Longest that one attempt on one channel may take, whatever the receiver does. */
const WITHIN_MS = 30_000;

const WEBHOOK = 'webhook:';

/** Of each text of a failure. Parts of it may come from the receiver; one that is too long would make an answer unreadable. */
const MAX_TEXT_CHARS = 500;

export function channelsOf({ mail, webhooks, trap }: NotifySettings): readonly string[] {
  return [
    ...(mail === null ? [] : ['mail']),
    ...webhooks.map(({ name }) => `${WEBHOOK}${name}`),
    ...(trap === null ? [] : ['trap']),
  ];
}

/** One attempt. Resolves with why it did not work, or null; never rejects, and never later than its deadline. */
export async function sendOn(
  channel: string,
  settings: NotifySettings,
  message: Message,
  engineId: string,
  withinMs: number = WITHIN_MS,
): Promise<Failure | null> {
  const signal = AbortSignal.timeout(withinMs);
  try {
    await carry(channel, settings, message, engineId, signal);
    return null;
  } catch (fault) {
    return signal.aborted ? noAnswer(withinMs) : clipped(failureOf(fault));
  }
}

function clipped({ code, message, meaning, fix, field }: Failure): Failure {
  const short = (text: string): string => text.slice(0, MAX_TEXT_CHARS);
  return {
    code,
    message: short(message),
    ...(meaning === undefined ? {} : { meaning: short(meaning) }),
    ...(fix === undefined ? {} : { fix: short(fix) }),
    ...(field === undefined ? {} : { field }),
  };
}

async function carry(
  channel: string,
  settings: NotifySettings,
  message: Message,
  engineId: string,
  signal: AbortSignal,
): Promise<void> {
  const { mail, trap } = settings;
  const webhook = settings.webhooks.find(({ name }) => channel === `${WEBHOOK}${name}`);
  if (channel === 'mail' && mail !== null) return sendMail(mail, message, signal);
  if (channel === 'trap' && trap !== null) return sendTrap(trap, message, engineId, signal);
  if (webhook !== undefined) return sendWebhook(webhook, message, signal);
  throw new FailureError({ code: 'notify.unknown-channel', message: `There is no channel ${channel}.` });
}

const noAnswer = (withinMs: number): Failure => ({
  code: 'notify.no-answer',
  message: `The receiver did not take the message within ${Math.round(withinMs / 1000)} s.`,
  meaning: 'It was left. It is tried again, and nothing else waits for it.',
  fix: 'Check that server and port are right, and that no firewall drops what goes there.',
});

/** Codes of Node, OpenSSL and nodemailer, in our words. Only the code is told on: texts may quote what is secret. */
function failureOf(fault: unknown): Failure {
  if (fault instanceof FailureError) return fault.failure;
  const code = codeOf(fault);
  if (code === 'EAUTH' || code === 'ENOAUTH')
    return {
      code: 'notify.login-refused',
      message: 'The mail server does not take the user and password.',
      fix: 'Enter both again; some mail services want a password made for programs.',
    };
  if (isTls(code))
    return {
      code: 'notify.tls',
      message: `The connection to the receiver could not be secured (${code}).`,
      meaning:
        'Its certificate is not trusted by this host, is for another name or has run out, or it speaks no TLS there. Nothing was sent.',
      fix: "Give the server a valid certificate, or enter its authority's certificate; check port and security.",
    };
  if (code === 'EENVELOPE' || code === 'EMESSAGE')
    return {
      code: 'notify.refused',
      message: `The mail server refused the message (${answerOf(fault)}).`,
      fix: 'Check sender and recipients, and that this host may send through that server.',
    };
  return {
    code: 'notify.unreachable',
    message: `The receiver can't be reached from this host (${code}).`,
    fix: "Check the name and the port, this host's name server, and the firewall between.",
  };
}

function codeOf(fault: unknown): string {
  const chain = fault instanceof Error && fault.cause instanceof Error ? [fault, fault.cause] : [fault];
  for (const one of chain) {
    const code: unknown = typeof one === 'object' && one !== null && 'code' in one ? one.code : undefined;
    if (typeof code !== 'string' || !/^[A-Z][A-Z0-9_]{1,60}$/.test(code)) continue;
    const isCover = code === 'ESOCKET' || code === 'ECONNECTION' || code === 'EDNS';
    return (isCover && one instanceof Error ? beneath(one) : null) ?? code;
  }
  return 'no further reason';
}

const isTls = (code: string): boolean =>
  code === 'ETLS' || /CERT|SSL|SIGNATURE|ISSUER|_TLS|ALTNAME|SELF_SIGNED/.test(code);

/** nodemailer puts one code over all that goes wrong with a socket; what it was then stands in the text. */
function beneath({ message }: Error): string | null {
  if (/certificate|\bSSL\b|\bTLS\b/i.test(message)) return 'ETLS';
  return /\b(?:EAI_AGAIN|E(?:CONN|HOST|NET|TIMED|NOTFOUND|PIPE|ADDR)[A-Z]*)\b/.exec(message)?.[0] ?? null;
}

/** The number of an SMTP answer. */
function answerOf(fault: unknown): string {
  const number: unknown =
    typeof fault === 'object' && fault !== null && 'responseCode' in fault ? fault.responseCode : undefined;
  return typeof number === 'number' ? String(number) : 'no number';
}
