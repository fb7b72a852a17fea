import * as z from 'zod/mini';
import { VmPolicy } from '../../../agent/protocol/group.ts';
import { HostName, MAX_HOSTS, Uuid } from '../../../agent/protocol/ids.ts';
import { ProfileName } from '../../../agent/protocol/timing.ts';

/** VMs named in one call: far above what a host of a small shop runs, and below a page's longest message. */
const MAX_CHOICES = 400;
const MAX_SECRET_LENGTH = 1_024;

const nothing = z.strictObject({});
const groupId = Uuid;
const host = HostName;
const lineKey = z.string().check(z.minLength(1), z.maxLength(160));
const fixId = z.string().check(z.regex(/^[a-z0-9][a-z0-9.:-]{0,119}$/, 'must be the id of a fix'));
const path = z.string().check(z.regex(/^\/[^\0]{0,3899}$/, 'must be an absolute path'));

const auth = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['password', 'agent']) }),
  z.strictObject({
    kind: z.literal('key'),
    keyFile: z.string().check(z.minLength(1, 'must name the file of the private key'), z.maxLength(4_096)),
  }),
]);
const login = {
  address: z
    .string()
    .check(z.maxLength(253), z.regex(/^[A-Za-z0-9:._%-]+$/, 'must be a host name or an IP address')),
  port: z.int().check(z.gte(1), z.lte(65_535)),
  user: z.string().check(z.regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?$/, 'must be a user name')),
  auth,
};
export const hostInput = z.strictObject({
  name: z.union([z.literal(''), HostName], 'must be a host name, or empty'),
  ...login,
  jump: z.nullable(z.strictObject(login)),
});
const perHost = z.array(
  z.strictObject({ host, addresses: z.array(z.string().check(z.maxLength(64))).check(z.maxLength(4)) }),
);
const groupDraft = z.strictObject({
  name: z.string().check(z.maxLength(64)),
  profile: z.nullable(ProfileName),
  port: z.int().check(z.gte(1), z.lte(65_535)),
  links: perHost.check(z.maxLength(MAX_HOSTS)),
  watchdogs: z.array(z.strictObject({ host, device: path })).check(z.maxLength(MAX_HOSTS)),
  acceptSoftwareWatchdog: z.boolean(),
});
const report = { groupId: z.nullable(Uuid) };
const choices = z
  .array(
    z.strictObject({
      vmId: Uuid,
      hosts: z.array(HostName).check(z.minLength(1), z.maxLength(MAX_HOSTS)),
      order: z.int().check(z.gte(0), z.lte(1000)),
    }),
  )
  .check(z.maxLength(MAX_CHOICES));

export const setupInputs = {
  'setup.begin': z.strictObject({ kind: z.enum(['new', 'connect']), resume: z.nullable(Uuid) }),
  'setup.leave': nothing,
  'setup.discard': z.strictObject({ id: Uuid }),
  'setup.addHost': hostInput,
  'setup.addKnown': z.strictObject({ host }),
  'setup.changeHost': z.strictObject({ host, input: hostInput }),
  'setup.removeHost': z.strictObject({ host }),
  'setup.plan': nothing,
  'setup.install': nothing,
  'setup.undo': z.strictObject({ hosts: z.array(host).check(z.minLength(1), z.maxLength(MAX_HOSTS)) }),
  'setup.findStores': nothing,
  'setup.proveStore': z.strictObject({ kind: z.enum(['folder', 'device']), path }),
  'setup.saveDraft': groupDraft,
  'setup.createGroup': groupDraft,
  'prompts.answer': z.strictObject({
    id: Uuid,
    answer: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('accept') }),
      z.strictObject({ kind: z.literal('refuse') }),
      z.strictObject({
        kind: z.literal('secret'),
        secret: z.string().check(z.maxLength(MAX_SECRET_LENGTH)),
        remember: z.boolean(),
      }),
    ]),
  }),
  'work.stop': z.strictObject({ workId: Uuid }),
  'checks.run': z.strictObject({ ...report, line: z.nullable(lineKey) }),
  'checks.fix': z.strictObject({ ...report, line: lineKey, fix: fixId }),
  'checks.accept': z.strictObject({ ...report, line: lineKey, on: z.boolean() }),
  'checks.save': z.strictObject({ ...report, format: z.enum(['html', 'json']) }),
  'hosts.change': z.strictObject({ host, input: hostInput }),
  'hosts.forgetKey': z.strictObject({ host }),
  'hosts.forgetSecrets': z.strictObject({ host }),
  'hosts.forget': z.strictObject({ host }),
  'hosts.planUninstall': z.strictObject({ host }),
  'hosts.uninstall': z.strictObject({ host, deleteArea: z.boolean() }),
  'hosts.addToGroup': z.strictObject({ groupId, input: hostInput }),
  'hosts.removeFromGroup': z.strictObject({ groupId, host }),
  'hosts.replace': z.strictObject({ groupId, host, input: hostInput }),
  'pairs.refresh': z.strictObject({ groupId }),
  'pairs.predict': z.strictObject({ groupId, choices }),
  'pairs.fix': z.strictObject({ groupId, vmId: Uuid, fix: fixId }),
  'pairs.protect': z.strictObject({
    groupId,
    choices,
    policy: z.partial(z.pick(VmPolicy, { maxRestarts: true, windowMs: true, shutdownTimeoutMs: true })),
  }),
};
