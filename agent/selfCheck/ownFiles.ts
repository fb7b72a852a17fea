import { readFileSync } from 'node:fs';
import { startKeeper } from '../core/keeper/step.ts';
import { createBootClock } from '../keeper/bootClock.ts';
import { loadConfigCopy } from '../keeper/configCopy.ts';
import { loadSetup } from '../keeper/setup.ts';
import type { Paths } from '../paths.ts';
import type { HostSettings } from '../protocol/group.ts';

function isThere(path: string): boolean {
  try {
    return readFileSync(path).length >= 0;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

/**
 * Reads what the keeper in service has written, as this version's keeper would at its start, and starts the pure machine
 * from it; nothing that it wants done is done. Null: this host is in no group yet. Throws what a keeper would end with.
 */
export async function readOwnFiles(paths: Paths): Promise<HostSettings | null> {
  if (!isThere(paths.hostSettings)) return null;
  const said: string[] = [];
  const setup = await loadSetup(paths, () => undefined);
  if (isThere(paths.groupConfig)) {
    const config = await loadConfigCopy(paths, (_code, facts) => void said.push(JSON.stringify(facts)));
    if (config === null) throw new Error(`${paths.groupConfig} can not be read: ${said.join(' ')}`);
  }
  startKeeper(setup, createBootClock()());
  return setup.settings;
}
