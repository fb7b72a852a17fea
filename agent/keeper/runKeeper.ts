import type { KeeperSetup } from '../core/keeper/types.ts';
import type { Paths } from '../paths.ts';
import { AgentSocket } from './agentSocket.ts';
import type { BootClock } from './bootClock.ts';
import type { ConfigCopy } from './configCopy.ts';
import { fateByNote } from './ioNotes.ts';
import { KeeperLoop } from './loop.ts';
import type { KeeperMachine } from './loopTypes.ts';
import { ProcFs } from './procfs.ts';
import { makeRunFolders } from './runFiles.ts';
import type { Log } from './stderrLog.ts';
import { storeIoCommand } from './storeIoMain.ts';
import { StoreLane } from './storeLane.ts';
import { UnreturnedReports } from './unreturnedReports.ts';
import type { VmProcesses } from './vmProcesses.ts';
import type { Watchdog } from './watchdog.ts';

/** What a keeper is run with; tests and the demo put their own parts in. */
export interface KeeperAdapters<State> {
  readonly machine: KeeperMachine<State>;
  readonly setup: KeeperSetup;
  readonly clock: BootClock;
  readonly processes: VmProcesses;
  readonly watchdog: Watchdog;
  readonly copy: ConfigCopy;
  /** Program and script that dispatches by role, for the store-io children. */
  readonly self: readonly string[];
  readonly log: Log;
  /** Called with the function that makes the keeper leave, for the signal that ends the service. */
  readonly onLeave: (leave: () => void) => void;
}

/**
 * Runs the keeper of one host until it has left or must be started anew; resolves with the exit code. Rejects when it
 * can't go on safely: the process must end then, and the next one goes on from the run file.
 */
export async function runKeeper<State>(paths: Paths, adapters: KeeperAdapters<State>): Promise<number> {
  const { clock, copy, log, self, setup } = adapters;
  makeRunFolders(paths);
  if (setup.config !== null) copy.save(setup.config);
  const lane = (name: string): StoreLane =>
    new StoreLane({
      command: storeIoCommand(self, paths, setup.settings, name),
      name,
      fateOf: fateByNote(paths.ioDir),
      notice: log,
    });
  const lanes = { lease: lane('lease'), table: lane('table') };
  const socket: AgentSocket = new AgentSocket(
    {
      connected: (connected) => {
        loop.agent(connected);
      },
      request: (request) => {
        loop.request(request);
      },
    },
    log,
  );
  const loop = new KeeperLoop(paths, setup, {
    machine: adapters.machine,
    clock,
    processes: adapters.processes,
    watchdog: adapters.watchdog,
    lanes,
    reports: new UnreturnedReports(paths.ioDir, setup.runFile, new ProcFs(), log),
    send: (line) => {
      socket.send(line);
    },
    saveConfig: (config) => {
      copy.save(config);
    },
    log,
  });
  adapters.onLeave(() => {
    loop.leave();
  });
  const ended = loop.run();
  try {
    await Promise.race([ended, socket.listen(paths.keeperSocket)]);
    return await ended;
  } finally {
    lanes.lease.close();
    lanes.table.close();
    await socket.close();
  }
}
