import * as z from 'zod/mini';
import { SwitchoverHow } from '../../agent/protocol/group.ts';
import { HostName, Uuid } from '../../agent/protocol/ids.ts';
import type { CallName, InputOf } from './contract.ts';
import { dailyInputs } from './daily/inputs.ts';
import { setupInputs } from './setup/inputs.ts';

const groupId = Uuid;

/** The window is not trusted: nothing reaches a handler before it has passed here. */
export const inputs = {
  'app.setTheme': z.strictObject({ theme: z.enum(['system', 'light', 'dark', 'contrast']) }),
  'groups.startDemo': z.strictObject({}),
  'groups.open': z.strictObject({ groupId }),
  'groups.close': z.strictObject({ groupId }),
  'vms.check': z.strictObject({ groupId, vmId: Uuid }),
  'vms.switchOver': z.strictObject({ groupId, vmId: Uuid, to: HostName, how: SwitchoverHow }),
  'demo.pullPlug': z.strictObject({ groupId, host: HostName }),
  'demo.powerOn': z.strictObject({ groupId, host: HostName }),
  ...setupInputs,
  ...dailyInputs,
} satisfies { [Name in CallName]: z.ZodMiniType<InputOf<Name>> };
