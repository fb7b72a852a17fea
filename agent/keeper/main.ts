import { writeFileSync } from 'node:fs';
import { startKeeper, step } from '../core/keeper/step.ts';
import type { KeeperSetup } from '../core/keeper/types.ts';
import { PROFILES } from '../core/timing.ts';
import { type Paths, pathsFromArguments } from '../paths.ts';
import { FailureError } from '../protocol/failure.ts';
import { type BootClock, createBootClock } from './bootClock.ts';
import { ConfigCopy } from './configCopy.ts';
import { DemoWatchdog } from './demoWatchdog.ts';
import { openProcesses } from './openProcesses.ts';
import { takeKeeperLock } from './keeperLock.ts';
import { KEEPER_EXIT } from './loopTypes.ts';
import { loadWatchdogUntil } from './runFiles.ts';
import { runKeeper } from './runKeeper.ts';
import { loadSetup } from './setup.ts';
import { type Log, StderrLog } from './stderrLog.ts';
import { DeviceWatchdog, type Watchdog } from './watchdog.ts';

export { runKeeper };

/** The device that the wrapper opened and told of in the environment, or the demo's stand-in. */
function hostWatchdog(
  paths: Paths,
  setup: KeeperSetup,
  self: readonly string[],
  clock: BootClock,
  log: Log,
): Watchdog {
  if (setup.settings.hypervisor === 'demo') {
    const { watchdogMs } = PROFILES[setup.config?.profile ?? 'steady'];
    return new DemoWatchdog({ self, paths, watchdogMs, untilMs: loadWatchdogUntil(paths), clock });
  }
  const env = process.env;
  const fd = Number(env['UNDERSTUDY_WATCHDOG_FD'] ?? '');
  return new DeviceWatchdog(
    {
      fd: Number.isInteger(fd) && fd > 2 ? fd : null,
      why: env['UNDERSTUDY_WATCHDOG_WHY'] ?? null,
      seconds: Number(env['UNDERSTUDY_WATCHDOG_SECONDS'] ?? '0'),
      report: env['UNDERSTUDY_WATCHDOG_REPORT'] ?? '',
      attributes: setup.settings.watchdogAttributes,
    },
    clock,
    log,
  );
}

/** Exit code of a keeper that could not go on safely: the wrapper starts the next one. */
const FAILED = 1;

/** Role `keeper`. Does not return when a thread hangs in the kernel: such a process can't end in the ordinary way. */
export async function keeperMain(argv: readonly string[]): Promise<number> {
  const paths = pathsFromArguments(argv);
  const errors = new StderrLog();
  const lock = await takeKeeperLock(paths.runDir);
  if (lock === null) {
    errors.log('keeper.already-running', { runDir: paths.runDir });
    return KEEPER_EXIT.alreadyRunning;
  }
  const setup = await loadSetup(paths, errors.log).catch((error: unknown) => {
    errors.log('keeper.not-set-up', error instanceof FailureError ? error.failure : { error: String(error) });
    return null;
  });
  if (setup === null) {
    await errors.flushed();
    return KEEPER_EXIT.notSetUp;
  }
  const self = [process.execPath, ...process.execArgv, process.argv[1] ?? ''];
  const clock = createBootClock();
  const processes = openProcesses(paths);
  const watchdog = hostWatchdog(paths, setup, self, clock, errors.log);
  const copy = new ConfigCopy(paths, errors.log);
  const code = await runKeeper(paths, {
    machine: { start: startKeeper, step },
    setup,
    clock,
    processes,
    watchdog,
    copy,
    self,
    log: errors.log,
    onLeave: (leave) => {
      process.on('SIGTERM', leave);
    },
  }).catch((error: unknown) => {
    errors.log('keeper.failed', {
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    return FAILED;
  });
  await errors.flushed();
  if (processes.stuck || watchdog.stuck || copy.busy || errors.stuck) {
    writeFileSync(`${paths.keeperRunFile}.exit`, `${code}\n`);
    process.kill(process.pid, 'SIGKILL');
  }
  return code;
}
