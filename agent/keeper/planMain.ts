import { PROFILES } from '../core/timing.ts';
import { pathsFromArguments } from '../paths.ts';
import { createBootClock, readBootId } from './bootClock.ts';
import { loadConfigCopy } from './configCopy.ts';
import { nothingProtectedRuns } from './nothingRuns.ts';
import { openProcesses } from './openProcesses.ts';
import { ProcFs } from './procfs.ts';
import { loadWatchdogUntil } from './runFiles.ts';
import { loadHostSettings } from './setup.ts';
import { StderrLog } from './stderrLog.ts';
import { readAttributes } from './watchdogAttributes.ts';
import { planLines, planWatchdog, watchdogRivals } from './watchdogPlan.ts';

/** Role `keeper-plan`: tells the wrapper, on stdout, what to do with the watchdog device before the keeper starts. */
export async function keeperPlanMain(argv: readonly string[]): Promise<number> {
  const paths = pathsFromArguments(argv);
  const settings = loadHostSettings(paths);
  const config = await loadConfigCopy(paths, new StderrLog().log);
  const idle = await nothingProtectedRuns(paths, readBootId(paths.bootIdFile), config, openProcesses(paths));
  const plan = planWatchdog({
    settings,
    watchdogMs: PROFILES[config?.profile ?? 'steady'].watchdogMs,
    untilMs: idle ? null : loadWatchdogUntil(paths),
    nowMs: createBootClock()(),
    attributes: readAttributes(settings.watchdogAttributes, ''),
    rivals: watchdogRivals(settings.watchdogDevice, new ProcFs()),
  });
  process.stdout.write(planLines(plan));
  return 0;
}
