import * as z from 'zod/mini';

/** How the guest of a protected VM and what runs in it are watched, and what is done when they fail. */

/**
 * Longest probe. All policies of a group share one record (docs/safety.md, rule 20): some 56 VMs with two looks each fit
 * into it, and a change that does not is refused as `config.too-large`.
 */
export const MAX_PROBE_CHARS = 160;

export type Probe =
  /** A ping of the guest agent. */
  | { readonly kind: 'agent' }
  /** What the guest says by itself on its heartbeat channel (protocol/guestBeat.ts). */
  | { readonly kind: 'heartbeat' }
  | { readonly kind: 'tcp'; readonly address: string; readonly port: number }
  | {
      readonly kind: 'http';
      readonly secure: boolean;
      readonly address: string;
      readonly port: number;
      readonly path: string;
    }
  /** A program in the guest, run through the guest agent; its exit status counts. */
  | { readonly kind: 'exec'; readonly path: string; readonly args: readonly string[] };

/** What a probe may look like, for people. */
export const PROBE_FORMS =
  'must be "agent", "heartbeat", "tcp://ADDRESS:PORT", "http://ADDRESS[:PORT]/PATH", "https://..." or "exec:/PROGRAM ARGUMENTS"; an address is a number, not a name, and not one of the host itself';

const MAX_PORT = 65_535;
const ADDRESS = String.raw`([\d.]{7,15}|\[[0-9a-fA-F:]{2,39}\])`;
const TCP = new RegExp(String.raw`^tcp://${ADDRESS}:(\d{1,5})$`);
const HTTP = new RegExp(String.raw`^(https?)://${ADDRESS}(?::(\d{1,5}))?(/[\x21-\x7e]*)?$`);
/** A path of the guest: of Linux, or of Windows with its drive. */
const EXEC = /^exec:((?:\/|[A-Za-z]:[\\/])[^\s\p{Cc}]*)((?: [^\s\p{Cc}]+)*)$/u;

/**
 * A probe as people write it. Null when it is none. Addresses are numbers only: a name server that does not answer must
 * neither make a VM look dead nor hold up the agent.
 */
export function parseProbe(text: string): Probe | null {
  if (text === 'agent' || text === 'heartbeat') return { kind: text };
  const exec = EXEC.exec(text);
  if (exec !== null) {
    return {
      kind: 'exec',
      path: exec[1] ?? '',
      args: (exec[2] ?? '').split(' ').filter((one) => one !== ''),
    };
  }
  const tcp = TCP.exec(text);
  if (tcp !== null) return withPlace({ kind: 'tcp' }, tcp[1], tcp[2]);
  const http = HTTP.exec(text);
  if (http === null) return null;
  const secure = http[1] === 'https';
  const usual = secure ? '443' : '80';
  return withPlace({ kind: 'http', secure, path: http[4] ?? '/' }, http[2], http[3] ?? usual);
}

/**
 * The host asks, as root: an address that means the host itself, or its own link (where clouds and management controllers
 * keep secrets), would let whoever may set a policy look into what only the host may reach. A form that is no address is
 * looked up as a name.
 */
const isV4 = (text: string): boolean => z.ipv4().safeParse(text).success;
const isV6 = (text: string): boolean => z.ipv6().safeParse(text).success;

function isGuestV4(address: string): boolean {
  return isV4(address) && !/^(?:0|127|169\.254)\./.test(address);
}

/** What begins with zeros is the host itself, no address, or a v4 address in disguise. */
function isGuestV6(address: string): boolean {
  const first = Number.parseInt(address, 16) || 0;
  const isLinkLocal = (first & 0xffc0) === 0xfe80;
  return isV6(address) && first !== 0 && !isLinkLocal;
}

function withPlace<Rest extends object>(
  rest: Rest,
  bracketed = '',
  digits = '',
): (Rest & { address: string; port: number }) | null {
  const address = bracketed.replace(/^\[|\]$/g, '');
  const port = Number(digits);
  const isOfGuest = bracketed.startsWith('[') ? isGuestV6(address) : isGuestV4(address);
  return isOfGuest && port >= 1 && port <= MAX_PORT ? { ...rest, address, port } : null;
}

const ProbeText = z.string().check(
  z.maxLength(MAX_PROBE_CHARS),
  z.refine((text) => parseProbe(text) !== null, PROBE_FORMS),
);
const CommandText = z.string().check(
  z.maxLength(MAX_PROBE_CHARS),
  z.refine((text) => parseProbe(text)?.kind === 'exec', 'must be "exec:/PROGRAM ARGUMENTS"'),
);

export const HealthLevel = z.strictObject({
  probe: ProbeText,
  everyMs: z.int().check(z.gte(1000), z.lte(3_600_000)),
  /** No answer within this time is silence. */
  timeoutMs: z.int().check(z.gte(500), z.lte(60_000)),
  /** Failures in a row that count as a failure. */
  failures: z.int().check(z.gte(1), z.lte(100)),
});
export type HealthLevel = z.infer<typeof HealthLevel>;

const VmHealthFields = z.strictObject({
  /** Cheap and often. */
  fast: z.optional(HealthLevel),
  /** Dear and seldom. */
  deep: z.optional(HealthLevel),
  /** Nothing counts before a guest has run for so long. */
  minUptimeMs: z.int().check(z.gte(0), z.lte(3_600_000)),
  /** How long a guest that restarted itself may take until it is well: updates. */
  rebootGraceMs: z.int().check(z.gte(0), z.lte(14_400_000)),
  /** The second opinion: its disks and network must have stood still for so long before a silent guest is reset. */
  quietMs: z.int().check(z.gte(5000), z.lte(3_600_000)),
  /** Restarts the application, through the guest agent. */
  restartApp: z.optional(CommandText),
  /** How often within the policy's window the application is restarted, and then the guest reset. */
  appRestarts: z.int().check(z.gte(0), z.lte(10)),
  resets: z.int().check(z.gte(0), z.lte(10)),
});

/** Each beat answers one question: two levels would take them from each other. */
export const beatsTwice = (fast: string | undefined, deep: string | undefined): boolean =>
  fast === 'heartbeat' && deep === 'heartbeat';
export const ONE_LEVEL_BEATS = 'is "heartbeat" already in the fast look: only one look can wait for beats';

export const VmHealth = VmHealthFields.check(
  z.refine(({ fast, deep }) => !beatsTwice(fast?.probe, deep?.probe), {
    message: ONE_LEVEL_BEATS,
    path: ['deep', 'probe'],
  }),
);
export type VmHealth = z.infer<typeof VmHealth>;

export const DEFAULT_HEALTH: VmHealth = {
  minUptimeMs: 120_000,
  rebootGraceMs: 1_800_000,
  quietMs: 60_000,
  appRestarts: 2,
  resets: 1,
};
export const DEFAULT_FAST = { everyMs: 5000, timeoutMs: 3000, failures: 3 } as const;
export const DEFAULT_DEEP = { everyMs: 30_000, timeoutMs: 10_000, failures: 3 } as const;

/** What a probe brought: `failed` is an answer that says no, `silent` is none, `skipped` says nothing of the guest. */
export const ProbeOutcome = z.enum(['well', 'failed', 'silent', 'skipped']);
export type ProbeOutcome = z.infer<typeof ProbeOutcome>;
/** Longest text of an answer: it may come from inside a guest. */
export const MAX_ANSWER_CHARS = 200;

/** One level as it stands. */
const LevelStatus = z.strictObject({
  probe: z.string().check(z.maxLength(MAX_PROBE_CHARS)),
  outcome: z.nullable(ProbeOutcome),
  text: z.string().check(z.maxLength(MAX_ANSWER_CHARS)),
  failures: z.int(),
  atMs: z.nullable(z.number()),
});

export type LevelStatus = z.infer<typeof LevelStatus>;

export const HealthStatus = z.strictObject({
  /** `waiting`: nothing counts yet. `doubtful`: failures, but too few, or the guest works on, or was never heard. */
  state: z.enum(['waiting', 'well', 'doubtful', 'failed', 'gave-up']),
  because: z.nullable(z.string().check(z.maxLength(500))),
  fast: z.nullable(LevelStatus),
  deep: z.nullable(LevelStatus),
  /** Within the policy's window. */
  appRestarts: z.int(),
  resets: z.int(),
});
export type HealthStatus = z.infer<typeof HealthStatus>;

/** For people. */
export const healthWords: { readonly [state in HealthStatus['state']]: string } = {
  waiting: 'the guest is given time to start',
  well: 'guest and application are well',
  doubtful: 'something does not answer; by itself that does not count',
  failed: 'guest or application has failed',
  'gave-up': 'guest or application has failed, and nothing has helped',
};
