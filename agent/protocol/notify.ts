import * as z from 'zod/mini';
import { Failure } from './failure.ts';
import { HostName, MAX_HOSTS } from './ids.ts';

/** Ways out that a group may have; a shop has a mail server and a chat. Each incident costs one message a way. */
export const MAX_WEBHOOKS = 4;
const MAX_RECIPIENTS = 10;
/** A chain of certificates of a mail server with an authority of its own. */
const MAX_CA_CHARS = 16_384;

const line = (most: number) =>
  z
    .string()
    .check(
      z.trim(),
      z.minLength(1, 'must not be empty'),
      z.maxLength(most),
      z.regex(/^[^\p{Cc}]*$/u, 'must be one line'),
    );
const Port = z.int().check(z.gte(1), z.lte(65_535));
const Server = z
  .string()
  .check(
    z.trim(),
    z.maxLength(253),
    z.regex(
      /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9a-fA-F:]{2,39})$/,
      'must be a host name or an IP address',
    ),
  );
const Mailbox = z
  .string()
  .check(z.trim(), z.maxLength(254), z.regex(/^[^\s<>",;@]+@[^\s<>",;@]+$/, 'must be an e-mail address'));

/** A secret as it is sent to a host: a new one, the one that the host has, or none. It never comes back. */
export const SecretDraft = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('keep') }),
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({ kind: z.literal('set'), value: line(2000) }),
]);
export type SecretDraft = z.infer<typeof SecretDraft>;

const mail = {
  server: Server,
  port: Port,
  /** `tls` from the first byte, `starttls` before anything is said, or in the clear, which allows no password. */
  security: z.enum(['tls', 'starttls', 'none']),
  user: z.nullable(line(254)),
  from: Mailbox,
  to: z.array(Mailbox).check(z.minLength(1, 'must name somebody'), z.maxLength(MAX_RECIPIENTS)),
  /** Certificates (PEM) to trust besides the host's own; null: none. */
  ca: z.nullable(
    z
      .string()
      .check(
        z.maxLength(MAX_CA_CHARS),
        z.regex(/^\s*-----BEGIN CERTIFICATE-----[\s\S]+$/, 'must be certificates in PEM'),
      ),
  ),
};

export const WebhookForm = z.enum(['generic', 'slack', 'teams', 'ntfy', 'telegram']);
export type WebhookForm = z.infer<typeof WebhookForm>;
const webhook = {
  /** What people call it, and what tells it from the others. */
  name: line(40),
  form: WebhookForm,
  /** Telegram only: where the messages go. */
  chat: z.nullable(line(64)),
  /** May lead to an address of the own network, and may then be without TLS. */
  allowPrivate: z.boolean(),
};

const trap = {
  server: Server,
  port: Port,
  version: z.enum(['2c', '3']),
  /** Version 3: the user, whose two passwords are secrets. */
  user: z.nullable(line(32)),
};

const common = {
  tell: z.strictObject({
    /** Hosts that end and VMs that fail. */
    failover: z.boolean(),
    /** What endangers protection, and protection that is missing for too long. */
    protection: z.boolean(),
    links: z.boolean(),
    /** The note that all is well, or is not: 0 is Sunday; null: none. Its absence is a sign too. */
    weeklyOn: z.nullable(z.int().check(z.gte(0), z.lte(6))),
  }),
  missingAfterMinutes: z.int().check(z.gte(1), z.lte(1440)),
  /** Figures for Prometheus over HTTP, to whoever reaches the port; null: none. */
  metrics: z.nullable(z.strictObject({ listen: z.enum(['loopback', 'all']), port: Port })),
};

const names = (webhooks: readonly { readonly name: string }[]): boolean =>
  new Set(webhooks.map(({ name }) => name)).size === webhooks.length;
const webhooksOf = <Item extends z.ZodMiniType<{ readonly name: string }>>(item: Item) =>
  z.array(item).check(z.maxLength(MAX_WEBHOOKS), z.refine(names, 'must have different names'));

/** What a console sends to each host of the group. */
export const NotifyDraft = z.strictObject({
  ...common,
  mail: z.nullable(z.strictObject({ ...mail, password: SecretDraft })),
  webhooks: webhooksOf(z.strictObject({ ...webhook, url: SecretDraft, token: SecretDraft })),
  trap: z.nullable(
    z.strictObject({
      ...trap,
      community: SecretDraft,
      authPassword: SecretDraft,
      privPassword: SecretDraft,
    }),
  ),
});
export type NotifyDraft = z.infer<typeof NotifyDraft>;

const Secret = z.nullable(z.string().check(z.minLength(1), z.maxLength(2000)));
/** Tells one push of the settings from another; shown when hosts differ. */
export const Revision = z.string().check(z.regex(/^[0-9a-f]{8}$/, 'must be 8 hex digits'));

/** `/etc/understudy/notify.json` (mode 0600): the only place where these secrets are. */
export const NotifySettings = z.strictObject({
  version: z.literal(1),
  revision: Revision,
  /** Unix ms by the wall clock of the host; the first weekly note is the next one after it. */
  savedAtWallMs: z.number(),
  ...common,
  mail: z.nullable(z.strictObject({ ...mail, password: Secret })),
  webhooks: webhooksOf(z.strictObject({ ...webhook, url: Secret, token: Secret })),
  trap: z.nullable(
    z.strictObject({ ...trap, community: Secret, authPassword: Secret, privPassword: Secret }),
  ),
});
export type NotifySettings = z.infer<typeof NotifySettings>;

/** Whether a secret is there is all that anybody learns of it. */
const IsSet = z.boolean();
export const NotifyView = z.strictObject({
  revision: Revision,
  ...common,
  mail: z.nullable(z.strictObject({ ...mail, password: IsSet })),
  webhooks: z
    .array(z.strictObject({ ...webhook, url: IsSet, token: IsSet }))
    .check(z.maxLength(MAX_WEBHOOKS)),
  trap: z.nullable(z.strictObject({ ...trap, community: IsSet, authPassword: IsSet, privPassword: IsSet })),
});
export type NotifyView = z.infer<typeof NotifyView>;

/** `mail`, `trap`, or `webhook:NAME`. */
export const ChannelId = z.string().check(z.maxLength(60), z.regex(/^(?:mail|trap|webhook:[^\p{Cc}]+)$/u));

export const ChannelState = z.strictObject({
  channel: ChannelId,
  /** Messages not told yet. */
  waiting: z.int(),
  /** ISO 8601 UTC. */
  lastToldAt: z.nullable(z.string().check(z.maxLength(40))),
  /** Why the newest attempt did not work; null: it did, or there was none. */
  failure: z.nullable(Failure),
});
export type ChannelState = z.infer<typeof ChannelState>;

export const NotifyStatus = z.strictObject({
  settings: z.nullable(NotifyView),
  channels: z.array(ChannelState).check(z.maxLength(MAX_WEBHOOKS + 2)),
  /** Which settings the other hosts go by, as their heartbeats tell; null: none, or not heard. */
  peers: z
    .array(z.strictObject({ host: HostName, revision: z.nullable(Revision) }))
    .check(z.maxLength(MAX_HOSTS)),
  /** Where figures are served now, or why they are not. */
  metrics: z.nullable(z.strictObject({ address: z.string(), failure: z.nullable(Failure) })),
  /** SNMP version 3 receivers must know it. */
  engineId: z.string().check(z.maxLength(64)),
});
export type NotifyStatus = z.infer<typeof NotifyStatus>;

export const ChannelTest = z.strictObject({
  channel: ChannelId,
  failure: z.nullable(Failure),
  tookMs: z.number(),
});
export type ChannelTest = z.infer<typeof ChannelTest>;

/** What rides on heartbeats, so that one host tells: who tells what, and what has been told. */
export const NotifyBeat = z.strictObject({
  revision: Revision,
  claims: z
    .array(
      z.strictObject({
        /** Of a message on a channel. */
        id: z.string().check(z.regex(/^[0-9a-f]{16}$/)),
        done: z.boolean(),
      }),
    )
    .check(z.maxLength(2)),
});
export type NotifyBeat = z.infer<typeof NotifyBeat>;
