import { Socket } from 'node:net';
import { createTransport } from 'nodemailer';
import type { Message } from '../core/notify/types.ts';
import { FailureError } from '../protocol/failure.ts';
import type { NotifySettings } from '../protocol/notify.ts';
import { subjectOf, textOf } from './messageText.ts';
import { trusted } from './webhook.ts';

export type Mail = NonNullable<NotifySettings['mail']>;

/** A mail server that takes longer for one step hangs; the whole has its own deadline. */
const STEP_WITHIN_MS = 15_000;
/** An answer of a mail server is some lines. */
const MAX_ANSWER_BYTES = 65_536;

/** Hands a message to the mail server. Rejects when it did not take it. */
export async function sendMail(mail: Mail, message: Message, signal: AbortSignal): Promise<void> {
  const { server, port, security, user, password, from, to, ca } = mail;
  if (security === 'none' && user !== null)
    throw new FailureError({
      code: 'notify.incomplete',
      message: 'A password is not sent to a mail server in the clear.',
      fix: 'Choose STARTTLS or TLS, or no login.',
      field: 'mail.security',
    });
  if (user !== null && password === null)
    throw new FailureError({
      code: 'notify.incomplete',
      message: `The password of ${user} is not set.`,
      fix: 'Enter it in the settings.',
      field: 'mail.password',
    });
  // Our own socket, so that whatever hangs can be ended.
  const socket = new Socket();
  const stop = (): void => void socket.destroy(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  const transport = createTransport({
    host: server,
    port,
    socket,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    tls: { ca: [...trusted(), ...(ca === null ? [] : [ca])], minVersion: 'TLSv1.2' },
    ...(user === null || password === null ? {} : { auth: { user, pass: password } }),
    connectionTimeout: STEP_WITHIN_MS,
    greetingTimeout: STEP_WITHIN_MS,
    socketTimeout: STEP_WITHIN_MS,
    maxResponseSize: MAX_ANSWER_BYTES,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    await transport.sendMail({
      from: { name: 'Understudy', address: from },
      to: [...to],
      subject: subjectOf(message),
      text: textOf(message),
      // Mail programs put what is about one incident together, also what came twice.
      messageId: `<${idOf(message)}@understudy>`,
      headers: {
        'X-Understudy-Incident': message.incident.replaceAll(/[^\x21-\x7e]/g, '_'),
        'Auto-Submitted': 'auto-generated',
      },
    });
  } finally {
    signal.removeEventListener('abort', stop);
    transport.close();
    socket.destroy();
  }
}

/** The same for the same incident of the same group, from whichever host. */
const idOf = ({ group, incident }: Message): string =>
  `${group}.${incident}`.replaceAll(/[^A-Za-z0-9.-]/g, '-').slice(0, 150);
