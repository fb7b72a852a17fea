import {
  FOLDERS,
  SLEEP_TARGETS,
  UNITS,
  CHAINED_HOOK_PATH,
  HOOK_PATH,
  ONLY_HOOK_PATH,
  hookChainScript,
  hookScript,
  installFiles,
} from '../../../agent/install/files.ts';
import { AGENT_UNIT, KEEPER_UNIT, STEP_DOWN_UNIT } from '../../../agent/install/units.ts';
import { hasHookFolder } from '../checks/hypervisor.ts';
import type { HostFacts } from '../facts/facts.ts';
import type { Bundle } from './bundle.ts';
import {
  chainedHookStep,
  folderHookStep,
  hookFolders,
  hookFoldersStep,
  hookLoadedStep,
} from './hookSteps.ts';
import { foldersStep, groupStep, memberStep, sleepStep } from './hostSteps.ts';
import {
  bundleStep,
  runningVersionStep,
  currentStep,
  enableStep,
  HOME,
  oldVersionsStep,
  removeUnits,
  stepDownStep,
  textFilesStep,
} from './programSteps.ts';
import { checkedCurrentStep } from './selfCheck.ts';
import type { Step } from './step.ts';

/**
 * Everything that an installation changes on a host, in order. Pure: the same facts and bundle give the same steps, so
 * the preview, the installation, its repetition and the removal all speak of the same things.
 */
export function installSteps(
  facts: Pick<HostFacts, 'libvirtVersion'>,
  bundle: Pick<Bundle, 'version' | 'files'>,
  user: string,
): Step[] {
  const files = installFiles({ version: bundle.version });
  const isProgram = (path: string): boolean => path.startsWith(`${HOME}/`);
  const programs = files.filter((file) => isProgram(file.path));
  const units = files.filter((file) => !isProgram(file.path));
  const viaFolder = hasHookFolder(facts);
  return [
    foldersStep(FOLDERS),
    groupStep(),
    ...(user === 'root' ? [] : [memberStep(user)]),
    ...bundle.files.map((file) => bundleStep(bundle, file)),
    textFilesStep('programs', 'the programs', programs, ':'),
    checkedCurrentStep(bundle.version),
    textFilesStep('units', 'the services and the command', units, removeUnits),
    enableStep(UNITS),
    hookFoldersStep(viaFolder ? hookFolders : hookFolders.slice(0, 1)),
    viaFolder ? folderHookStep(hookScript()) : chainedHookStep(hookChainScript(), CHAINED_HOOK_PATH),
    hookLoadedStep(viaFolder ? HOOK_PATH : ONLY_HOOK_PATH),
    sleepStep(SLEEP_TARGETS),
    runningVersionStep(KEEPER_UNIT, AGENT_UNIT),
    stepDownStep(KEEPER_UNIT, STEP_DOWN_UNIT),
    oldVersionsStep(bundle.version),
  ];
}

/** The way back after an update: the link, and the processes that run. The files of both versions stay. */
export function rollbackSteps(version: string): Step[] {
  return [currentStep(version), runningVersionStep(KEEPER_UNIT, AGENT_UNIT)];
}
