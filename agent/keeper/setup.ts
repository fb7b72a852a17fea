import { readFileSync } from 'node:fs';
import type { KeeperSetup } from '../core/keeper/types.ts';
import type { Paths } from '../paths.ts';
import { FailureError, invalidInput } from '../protocol/failure.ts';
import { HostSettings } from '../protocol/group.ts';
import { readBootId } from './bootClock.ts';
import { loadConfigCopy } from './configCopy.ts';
import { loadRunFile } from './runFiles.ts';
import type { Log } from './stderrLog.ts';
import { versionText } from './version.ts';

/** `host.json`. Throws a FailureError that names the field. */
export function loadHostSettings(paths: Paths): HostSettings {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(paths.hostSettings, 'utf8'));
  } catch (error) {
    throw new FailureError({
      code: 'host.settings-unreadable',
      message: `${paths.hostSettings} can not be read: ${String(error).slice(0, 200)}`,
      meaning: 'This host does not know its group, its slot and its store, and protects nothing.',
      fix: 'Install the host again from the console.',
    });
  }
  const parsed = HostSettings.safeParse(value);
  if (!parsed.success) throw new FailureError(invalidInput(parsed.error, 'host'));
  return parsed.data;
}

/**
 * What the keeper starts from. Throws when the run file of this boot is there and can't be read: without it nobody
 * knows which epochs are burnt, and only a reboot, which ends every QEMU, makes a start safe again.
 */
export async function loadSetup(paths: Paths, log: Log): Promise<KeeperSetup> {
  const settings = loadHostSettings(paths);
  const bootId = readBootId(paths.bootIdFile);
  const run = loadRunFile(paths, bootId);
  if (run.kind === 'unreadable') {
    throw new FailureError({
      code: 'keeper.run-file-unreadable',
      message: `${paths.keeperRunFile} can not be read: ${run.reason.slice(0, 200)}`,
      meaning: 'The keeper can not know what it must never do again in this boot, so it does nothing.',
      fix: 'Reboot this host.',
    });
  }
  return {
    settings,
    bootId,
    version: versionText(),
    realTime: isRealTime(),
    runFile: run.kind === 'loaded' ? run.file : null,
    config: await loadConfigCopy(paths, log),
  };
}

/** Field of /proc/PID/stat, counted from the state, that holds the scheduling policy; 1 and 2 are real-time. */
const POLICY_FIELD = 38;

function isRealTime(): boolean {
  try {
    const text = readFileSync('/proc/self/stat', 'latin1');
    const policy = Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[POLICY_FIELD]);
    return policy === 1 || policy === 2;
  } catch {
    return false;
  }
}
