import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bundle } from './bundle.ts';
import { type Accounts, placeNvram, placeTpm, TPM_FOLDER } from './files.ts';

const NVRAM_FOLDER = '/var/lib/libvirt/qemu/nvram';

/** Where the UEFI variables of a drill's copy lie. */
export const drillNvram = (uuid: string): string => join(NVRAM_FOLDER, `understudy-drill-${uuid}.fd`);

/** Gives a drill's copy its own UEFI variables and TPM state, as the VM would have them after a failover to this host. */
export async function placeDrillFiles(bundle: Bundle, uuid: string, accounts: Accounts): Promise<void> {
  if (bundle.nvram !== null) await placeNvram({ ...bundle.nvram, path: drillNvram(uuid) }, accounts);
  await placeTpm(uuid, bundle.tpm, accounts);
}

export async function removeDrillFiles(uuid: string): Promise<void> {
  await rm(drillNvram(uuid), { force: true });
  await rm(join(TPM_FOLDER, uuid), { recursive: true, force: true });
}
