import type { Message } from '../core/notify/types.ts';
import { FailureError } from '../protocol/failure.ts';
import type { NotifySettings } from '../protocol/notify.ts';
import { shortTextOf, subjectOf } from './messageText.ts';

export type Webhook = NotifySettings['webhooks'][number];

export interface WebhookCall {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const TELEGRAM = 'https://api.telegram.org';
const PRIORITY = { notice: 3, warning: 4, alarm: 5 } as const;

/** What is sent for a message, in the form that the receiver understands. Throws a FailureError that names what is missing. */
export function webhookCall(webhook: Webhook, message: Message): WebhookCall {
  const { form, token } = webhook;
  const title = subjectOf(message);
  const text = shortTextOf(message);
  const bearer: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
  switch (form) {
    case 'generic':
      return call(urlOf(webhook), genericBody(message), bearer);
    case 'slack':
      return call(urlOf(webhook), { text: `*${escaped(title)}*\n${escaped(text)}` });
    case 'teams':
      return call(urlOf(webhook), teamsBody(title, text));
    case 'ntfy': {
      const url = urlOf(webhook);
      const topic = url.pathname.split('/').findLast((part) => part !== '');
      if (topic === undefined)
        throw incomplete(webhook, 'The address has no topic', 'Enter https://SERVER/TOPIC.');
      const priority = PRIORITY[message.level];
      const body = {
        topic: decodeURIComponent(topic),
        title,
        message: text,
        priority,
        tags: [message.about],
      };
      return call(new URL('/', url), body, bearer);
    }
    case 'telegram': {
      if (token === null || webhook.chat === null)
        throw incomplete(webhook, "The bot's token or the chat is missing", 'Enter both.');
      const base = webhook.url === null ? new URL(TELEGRAM) : urlOf(webhook);
      // Telegram's own limit of a message is 4096 characters.
      const body = { chat_id: webhook.chat, text: `${title}\n\n${text}`.slice(0, 4000) };
      return call(new URL(`/bot${encodeURIComponent(token).replaceAll('%3A', ':')}/sendMessage`, base), body);
    }
  }
}

/** Documented in docs/alerts.md: fields are added, never changed. */
function genericBody(message: Message): Readonly<Record<string, unknown>> {
  const { incident, about, level, group, host, startedAt, title, what, why, now, toDo, downMs, vms, lines } =
    message;
  const downSeconds = downMs === null ? null : Math.round(downMs / 100) / 10;
  const said = { title, what, why, now, toDo, downSeconds, vms, lines };
  return { version: 1, product: 'understudy', incident, about, level, group, host, startedAt, ...said };
}

function teamsBody(title: string, text: string): Readonly<Record<string, unknown>> {
  const lines = text.split('\n').map((line) => ({ type: 'TextBlock', text: line, wrap: true }));
  const heading = { type: 'TextBlock', text: title, weight: 'Bolder', size: 'Medium', wrap: true };
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body: [heading, ...lines],
        },
      },
    ],
  };
}

/** Slack's three. */
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function call(
  url: URL,
  body: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = {},
): WebhookCall {
  return { url, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

function urlOf(webhook: Webhook): URL {
  const url = webhook.url === null ? null : URL.parse(webhook.url);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw incomplete(webhook, 'There is no address that begins with https://', 'Enter it again.');
  if (url.username !== '' || url.password !== '')
    throw incomplete(webhook, 'The address has a login in it', 'Enter it without, and the token beside it.');
  return url;
}

function incomplete({ name }: Webhook, what: string, fix: string): FailureError {
  return new FailureError({ code: 'notify.incomplete', message: `${what}: webhook ${name}.`, fix });
}
