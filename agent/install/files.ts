import { AGENT_UNIT, agentUnit, KEEPER_UNIT, keeperUnit, STEP_DOWN_UNIT, stepDownUnit } from './units.ts';
import { commandScript, hostWrapper, wrapperScript } from './wrapper.ts';

export { CHAINED_HOOK_PATH, HOOK_PATH, hookChainScript, hookScript, ONLY_HOOK_PATH } from './hook.ts';
export { SLEEP_TARGETS, UNITS } from './units.ts';

/** A file as the installer puts it on a host; root owns it. */
export interface InstallFile {
  readonly path: string;
  readonly mode: number;
  readonly text: string;
}

export interface InstallFolder {
  readonly path: string;
  readonly mode: number;
}

/** Folders that must be there before the units start. The one in /run is made by systemd. */
export const FOLDERS: readonly InstallFolder[] = [
  { path: '/opt/understudy', mode: 0o755 },
  { path: '/etc/understudy', mode: 0o755 },
  { path: '/var/lib/understudy', mode: 0o755 },
  { path: '/var/lib/understudy/protected', mode: 0o755 },
];

/** The command that people type. */
export const COMMAND_PATH = '/usr/local/bin/understudy';

/**
 * Programs and units for one version. Node itself and agent.cjs go to the same folder; the units name the `current`
 * link, so that an upgrade is a move of that link.
 */
export function installFiles(options: { readonly version: string }): readonly InstallFile[] {
  const folder = `/opt/understudy/${options.version}`;
  return [
    { path: `${folder}/understudy-keeper`, mode: 0o755, text: wrapperScript() },
    { path: COMMAND_PATH, mode: 0o755, text: commandScript() },
    { path: `/etc/systemd/system/${KEEPER_UNIT}`, mode: 0o644, text: keeperUnit(hostWrapper.programDir) },
    { path: `/etc/systemd/system/${AGENT_UNIT}`, mode: 0o644, text: agentUnit(hostWrapper.programDir) },
    {
      path: `/etc/systemd/system/${STEP_DOWN_UNIT}`,
      mode: 0o644,
      text: stepDownUnit(hostWrapper.programDir),
    },
  ];
}
