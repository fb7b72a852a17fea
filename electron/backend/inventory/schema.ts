import * as z from 'zod';
import { HostName, MAX_HOSTS, Slot, Uuid } from '../../../agent/protocol/ids.ts';
import { ProfileName } from '../../../agent/protocol/timing.ts';

/** Version of the inventory file. A greater one was written by a newer app and is never overwritten. */
export const INVENTORY_VERSION = 2;
/** Far above any group of 2 or 3 hosts; a bound so that a damaged file can't ask for endless work. */
const MAX_ENTRIES = 64;

export const HostKey = z.strictObject({
  algorithm: z.string().min(1).max(64),
  sha256: z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'must be a SHA256 fingerprint'),
});
export type HostKey = z.infer<typeof HostKey>;

export const PinnedKey = z.strictObject({
  ...HostKey.shape,
  /** ISO 8601 UTC; for people only. */
  firstSeenAt: z.string().max(40),
  confirmedBy: z.enum(['user', 'fingerprint', 'known-hosts']),
});
export type PinnedKey = z.infer<typeof PinnedKey>;

/** How to log in. Secrets are not part of it: they are asked for, or come from the platform's secret store. */
export const Auth = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('key'), keyFile: z.string().min(1).max(4096) }),
  z.strictObject({ kind: z.literal('agent') }),
  /** Password and keyboard-interactive. */
  z.strictObject({ kind: z.literal('password') }),
]);
export type Auth = z.infer<typeof Auth>;

const address = z
  .string()
  .min(1)
  .max(253)
  .regex(/^[A-Za-z0-9:._%-]+$/, 'must be a host name or an IP address');
const login = {
  address,
  port: z.int().min(1).max(65_535),
  user: z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?$/, 'must be a user name'),
  auth: Auth,
  hostKey: PinnedKey,
};
export const Login = z.strictObject(login);
export type Login = z.infer<typeof Login>;

export const HostEntry = z.strictObject({
  name: HostName,
  ...login,
  /** A machine to go through; its key is pinned and checked like the host's own. */
  jump: Login.nullable(),
});
export type HostEntry = z.infer<typeof HostEntry>;

export const GroupEntry = z.strictObject({
  name: z.string().min(1).max(64),
  groupId: Uuid,
  areaId: Uuid,
  areaPath: z.string().regex(/^\/[^\0]{1,4000}$/, 'must be an absolute path'),
  hosts: z
    .array(z.strictObject({ name: HostName, slot: Slot }))
    .min(1)
    .max(8),
});
export type GroupEntry = z.infer<typeof GroupEntry>;

/** A set-up that was begun and not ended: all that can't be read from its hosts again. Never a secret. */
export const SavedSetup = z.strictObject({
  id: Uuid,
  kind: z.enum(['new', 'connect']),
  /** ISO 8601 UTC; for people only. */
  savedAt: z.string().max(40),
  stage: z.enum(['hosts', 'checks', 'install', 'store', 'group', 'vms', 'done']),
  hosts: z.array(HostName).max(MAX_HOSTS),
  /** Keys of the failed checks that the user took on. */
  accepted: z.array(z.string().min(1).max(160)).max(MAX_ENTRIES),
  draft: z.strictObject({
    name: z.string().max(64),
    profile: z.nullable(ProfileName),
    port: z.int().min(1).max(65_535),
    links: z
      .array(z.strictObject({ host: HostName, addresses: z.array(z.string().max(64)).max(4) }))
      .max(MAX_HOSTS),
    watchdogs: z.array(z.strictObject({ host: HostName, device: z.string().max(4096) })).max(MAX_HOSTS),
    acceptSoftwareWatchdog: z.boolean(),
  }),
  store: z.strictObject({ kind: z.enum(['folder', 'device']), path: z.string().max(4096) }).nullable(),
  groupId: z.nullable(Uuid),
});
export type SavedSetup = z.infer<typeof SavedSetup>;

export const Inventory = z
  .strictObject({
    version: z.literal(INVENTORY_VERSION),
    /** Grows with each write: a writer that read an older one must read again. */
    revision: z.int().min(0),
    hosts: z.array(HostEntry).max(MAX_ENTRIES),
    groups: z.array(GroupEntry).max(MAX_ENTRIES),
    setups: z.array(SavedSetup).max(MAX_ENTRIES),
  })
  .superRefine((inventory, context) => {
    repeated(inventory.hosts.map((host) => host.name)).forEach((name) =>
      context.addIssue({ code: 'custom', path: ['hosts'], message: `names the host ${name} twice` }),
    );
    repeated(inventory.groups.map((group) => group.name)).forEach((name) =>
      context.addIssue({ code: 'custom', path: ['groups'], message: `names the group ${name} twice` }),
    );
    const known = new Set<string>(inventory.hosts.map((host) => host.name));
    for (const group of inventory.groups) {
      for (const host of group.hosts.filter((each) => !known.has(each.name))) {
        context.addIssue({
          code: 'custom',
          path: ['groups'],
          message: `has ${host.name} in ${group.name}, which is no host`,
        });
      }
    }
  });
export type Inventory = z.infer<typeof Inventory>;

function repeated(names: readonly string[]): string[] {
  return names.filter((name, index) => names.indexOf(name) !== index);
}
