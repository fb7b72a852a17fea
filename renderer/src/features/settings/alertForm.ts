import type { NotifyDraft, NotifyView, SecretDraft, WebhookForm } from '../../../../agent/protocol/notify.ts';

/** A secret as a form has it: what was typed, and whether the hosts have one that stays when nothing is typed. */
export interface SecretField {
  readonly typed: string;
  readonly isSet: boolean;
}

export interface WebhookFields {
  readonly name: string;
  readonly form: WebhookForm;
  readonly url: SecretField;
  readonly token: SecretField;
  readonly chat: string;
  readonly allowPrivate: boolean;
}

export interface MailFields {
  readonly on: boolean;
  readonly server: string;
  readonly port: string;
  readonly security: 'tls' | 'starttls' | 'none';
  readonly user: string;
  readonly password: SecretField;
  readonly from: string;
  /** Separated by commas. */
  readonly to: string;
  readonly ca: string;
}

export interface TrapFields {
  readonly on: boolean;
  readonly server: string;
  readonly port: string;
  readonly version: '2c' | '3';
  readonly user: string;
  readonly community: SecretField;
  readonly authPassword: SecretField;
  readonly privPassword: SecretField;
}

/** What stands in the form: text as it was typed, also where it is not valid yet. */
export interface AlertForm {
  readonly tell: { readonly failover: boolean; readonly protection: boolean; readonly links: boolean };
  /** A weekday, or no weekly note. */
  readonly weekly: string;
  readonly missingMinutes: string;
  readonly mail: MailFields;
  readonly webhooks: readonly WebhookFields[];
  readonly trap: TrapFields;
  readonly metrics: { readonly on: boolean; readonly listen: 'loopback' | 'all'; readonly port: string };
}

const secret = (isSet = false): SecretField => ({ typed: '', isSet });
export const NO_WEEKLY = 'none';
const USUAL = { minutes: '15', smtp: '587', trap: '162', metrics: '9477', weekday: '1' } as const;

export const newWebhook = (name: string): WebhookFields => ({
  name,
  form: 'generic',
  url: secret(),
  token: secret(),
  chat: '',
  allowPrivate: false,
});

/** The form for what the hosts have, or for the first time. */
export function formOf(view: NotifyView | null): AlertForm {
  const { failover = true, protection = true, links = false } = view?.tell ?? {};
  const weekly = view === null ? USUAL.weekday : String(view.tell.weeklyOn ?? NO_WEEKLY);
  return {
    tell: { failover, protection, links },
    weekly,
    missingMinutes: view === null ? USUAL.minutes : String(view.missingAfterMinutes),
    mail: mailOf(view?.mail ?? null),
    webhooks: (view?.webhooks ?? []).map((webhook) => ({
      ...webhook,
      url: secret(webhook.url),
      token: secret(webhook.token),
      chat: webhook.chat ?? '',
    })),
    trap: trapOf(view?.trap ?? null),
    metrics: {
      on: view?.metrics != null,
      listen: view?.metrics?.listen ?? 'loopback',
      port: String(view?.metrics?.port ?? USUAL.metrics),
    },
  };
}

function mailOf(mail: NotifyView['mail']): MailFields {
  return {
    on: mail !== null,
    server: mail?.server ?? '',
    port: String(mail?.port ?? USUAL.smtp),
    security: mail?.security ?? 'starttls',
    user: mail?.user ?? '',
    password: secret(mail?.password),
    from: mail?.from ?? '',
    to: (mail?.to ?? []).join(', '),
    ca: mail?.ca ?? '',
  };
}

function trapOf(trap: NotifyView['trap']): TrapFields {
  return {
    on: trap !== null,
    server: trap?.server ?? '',
    port: String(trap?.port ?? USUAL.trap),
    version: trap?.version ?? '3',
    user: trap?.user ?? '',
    community: secret(trap?.community),
    authPassword: secret(trap?.authPassword),
    privPassword: secret(trap?.privPassword),
  };
}

const NONE: SecretDraft = { kind: 'none' };
const draftOfSecret = ({ typed, isSet }: SecretField): SecretDraft =>
  typed !== '' ? { kind: 'set', value: typed } : isSet ? { kind: 'keep' } : NONE;
const orNull = (text: string): string | null => (text.trim() === '' ? null : text.trim());

/** What is sent to the hosts. Numbers that are none become NaN, which `wrongsOf` has named before. */
export function draftOf(form: AlertForm): NotifyDraft {
  const { tell, weekly, missingMinutes, mail, webhooks, trap, metrics } = form;
  return {
    tell: { ...tell, weeklyOn: weekly === NO_WEEKLY ? null : Number(weekly) },
    missingAfterMinutes: Number(missingMinutes),
    metrics: metrics.on ? { listen: metrics.listen, port: Number(metrics.port) } : null,
    mail: mail.on
      ? {
          server: mail.server.trim(),
          port: Number(mail.port),
          security: mail.security,
          user: orNull(mail.user),
          password: orNull(mail.user) === null ? NONE : draftOfSecret(mail.password),
          from: mail.from.trim(),
          to: recipients(mail.to),
          ca: orNull(mail.ca),
        }
      : null,
    webhooks: webhooks.map(({ name, form: kind, url, token, chat, allowPrivate }) => ({
      name: name.trim(),
      form: kind,
      url: draftOfSecret(url),
      token: draftOfSecret(token),
      chat: kind === 'telegram' ? orNull(chat) : null,
      allowPrivate,
    })),
    trap: trap.on ? draftOfTrap(trap) : null,
  };
}

function draftOfTrap(trap: TrapFields): NonNullable<NotifyDraft['trap']> {
  const is3 = trap.version === '3';
  return {
    server: trap.server.trim(),
    port: Number(trap.port),
    version: trap.version,
    user: is3 ? orNull(trap.user) : null,
    community: is3 ? NONE : draftOfSecret(trap.community),
    authPassword: is3 ? draftOfSecret(trap.authPassword) : NONE,
    privPassword: is3 ? draftOfSecret(trap.privPassword) : NONE,
  };
}

const recipients = (text: string): string[] =>
  text
    .split(/[,;\s]+/)
    .map((one) => one.trim())
    .filter((one) => one !== '');

export type Wrongs = Readonly<Record<string, string>>;

/** What can be seen to be wrong before any host is asked, by the field's name. */
export function wrongsOf({ missingMinutes, mail, webhooks, trap, metrics }: AlertForm): Wrongs {
  const wrongs: Record<string, string> = {};
  const isNumber = (text: string, most: number): boolean =>
    /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= most;
  const port = (text: string, field: string): void => {
    if (!isNumber(text, 65_535)) wrongs[field] = 'A port is a number from 1 to 65535.';
  };
  const needed = (text: string, field: string, what: string): void => {
    if (text.trim() === '') wrongs[field] = what;
  };
  if (!isNumber(missingMinutes, 1440)) wrongs['missingAfterMinutes'] = 'From 1 to 1440 minutes.';
  if (mail.on) {
    needed(mail.server, 'mail.server', 'Enter the name of the mail server.');
    port(mail.port, 'mail.port');
    needed(mail.from, 'mail.from', 'Enter the address that the mails come from.');
    needed(mail.to, 'mail.to', 'Enter at least one address.');
  }
  for (const [index, { name }] of webhooks.entries())
    needed(name, `webhooks.${index}.name`, 'Give it a name.');
  if (trap.on) {
    needed(trap.server, 'trap.server', 'Enter the name of the receiver.');
    port(trap.port, 'trap.port');
  }
  if (metrics.on) port(metrics.port, 'metrics.port');
  return wrongs;
}

/** The form's field that a refusal is about: of a list of recipients the whole field. */
export function wrongFrom(field: string | undefined, message: string): Wrongs {
  if (field === undefined) return {};
  const name = field.replace(/^(?:params\.)?settings\./, '').replace(/^(mail\.to)\.\d+$/, '$1');
  return { [name]: message.replace(/^\S+ is not valid: /, 'Not valid: ') };
}
