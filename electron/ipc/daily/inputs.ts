import * as z from 'zod/mini';
import { SwitchoverHow, VmPolicy } from '../../../agent/protocol/group.ts';
import { HostName, Uuid } from '../../../agent/protocol/ids.ts';
import { ChannelId, NotifyDraft } from '../../../agent/protocol/notify.ts';
import { ProfileName } from '../../../agent/protocol/timing.ts';

/** Shortest and longest pause that a window may ask for; the agents have the same bounds. */
const forMs = z.nullable(z.int().check(z.gte(60_000), z.lte(30 * 86_400_000)));
const group = { groupId: Uuid };
const vm = { groupId: Uuid, vmId: Uuid };
const nothing = z.strictObject({});

export const dailyInputs = {
  'incidents.export': z.strictObject({
    groupId: z.nullable(Uuid),
    format: z.enum(['csv', 'json']),
    kinds: z
      .array(
        z.enum([
          'host-lost',
          'vm-failed',
          'switchover',
          'maintenance',
          'store',
          'links',
          'protection',
          'change',
          'other',
        ]),
      )
      .check(z.maxLength(9)),
    search: z.string().check(z.maxLength(200)),
  }),
  'away.dismiss': nothing,
  'vm.setPolicy': z.strictObject({ ...vm, policy: z.partial(VmPolicy) }),
  'vm.start': z.strictObject(vm),
  'vm.stop': z.strictObject(vm),
  'vm.unprotect': z.strictObject(vm),
  'vm.screenshot': z.strictObject(vm),
  'vm.drills': z.strictObject(vm),
  'vm.drill': z.strictObject({ ...vm, host: HostName }),
  'vm.stopDrill': z.strictObject({ ...vm, host: HostName }),
  'vm.drillPicture': z.strictObject({ ...vm, host: HostName }),
  'switchOver.plan': z.strictObject({ ...vm, to: z.nullable(HostName) }),
  'switchOver.stop': z.strictObject({ runId: Uuid }),
  'maintenance.preview': z.strictObject({
    ...group,
    scope: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('group') }),
      z.strictObject({ kind: z.literal('host'), host: HostName }),
    ]),
    forMs,
  }),
  'maintenance.disarm': z.strictObject({ ...group, forMs }),
  'maintenance.arm': z.strictObject(group),
  'maintenance.begin': z.strictObject({
    ...group,
    host: HostName,
    forMs,
    bringBack: z.boolean(),
    how: SwitchoverHow,
  }),
  'maintenance.end': z.strictObject({ ...group, host: HostName }),
  'settings.change': z.strictObject({
    startAtLogin: z.optional(z.boolean()),
    closeToTray: z.optional(z.boolean()),
    notifications: z.optional(
      z.strictObject({ failover: z.boolean(), protection: z.boolean(), links: z.boolean() }),
    ),
    remindOfUpdates: z.optional(z.boolean()),
  }),
  'alerts.show': z.strictObject(group),
  'alerts.save': z.strictObject({ ...group, settings: z.nullable(NotifyDraft) }),
  'alerts.test': z.strictObject({ ...group, channel: z.nullable(ChannelId) }),
  'timing.choices': z.strictObject(group),
  'timing.choose': z.strictObject({ ...group, profile: ProfileName }),
  'updates.rollOut': z.strictObject(group),
  'updates.stop': z.strictObject(group),
  'diagnostics.preview': z.strictObject({ groupId: z.nullable(Uuid) }),
  'diagnostics.save': z.strictObject({ id: Uuid }),
  'about.read': nothing,
};
