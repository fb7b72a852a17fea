import type { EngineEvent } from '../core/engine/types.ts';
import { DefinitionCache } from '../definitions/cache.ts';
import { Definitions } from '../definitions/definitions.ts';
import { type Accounts, localAccounts } from '../definitions/files.ts';
import { IdleStore } from '../definitions/idleStore.ts';
import { DefinitionRegion } from '../definitions/region.ts';
import type { Hypervisor } from '../hypervisor/hypervisor.ts';
import { type Journal, openJournal } from '../journal/journal.ts';
import { createBootClock, readBootId } from '../keeper/bootClock.ts';
import { openStoreLane } from '../keeper/openStoreLane.ts';
import { loadHostSettings } from '../keeper/setup.ts';
import type { Log } from '../keeper/stderrLog.ts';
import { versionText } from '../keeper/version.ts';
import type { Paths } from '../paths.ts';
import type { HostSettings } from '../protocol/group.ts';
import { openHypervisor } from './openHypervisor.ts';

/** The longest text an event may have. */
const MAX_TEXT_CHARS = 1000;

/** What the agent stands on before it decides anything: who it is, its log, its hypervisor, its files. */
export interface Ground {
  readonly paths: Paths;
  readonly settings: HostSettings;
  readonly bootId: string;
  readonly agentVersion: string;
  readonly nowMs: () => number;
  readonly wallTime: () => string;
  readonly journal: Journal;
  readonly tell: (event: EngineEvent) => void;
  readonly log: Log;
  readonly hypervisor: Hypervisor;
  readonly definitions: Definitions;
  readonly accounts: Accounts;
  readonly closeStore: () => void;
}

/** Rejects with a `FailureError` that names the file when the host's settings can't be read. */
export async function layGround(paths: Paths): Promise<Ground> {
  const settings = loadHostSettings(paths);
  const bootId = readBootId(paths.bootIdFile);
  const nowMs = createBootClock();
  const wallTime = (): string => new Date().toISOString();
  const journal = await openJournal({
    dir: `${paths.libDir}/events`,
    host: settings.hostName,
    bootId,
    nowMs,
    wallTime,
    print: (line) => process.stdout.write(`${line}\n`),
    withPriority: 'JOURNAL_STREAM' in process.env,
  });
  const tell = (event: EngineEvent): void => void journal.append(event);
  const log: Log = (code, facts) => {
    const text = `${code} ${JSON.stringify(facts)}`.slice(0, MAX_TEXT_CHARS);
    tell({ code, level: 'notice', text });
  };
  const self = [process.execPath, ...process.execArgv, process.argv[1] ?? ''];
  const hypervisor = openHypervisor({ paths, settings, bootId, self, nowMs });
  const lane = new IdleStore(() =>
    openStoreLane({ self, paths, settings, lane: 'definitions', notice: log }),
  );
  const accounts = await localAccounts();
  const definitions = new Definitions({
    hypervisor,
    cache: await DefinitionCache.open(paths.libDir),
    region: new DefinitionRegion(lane, settings.areaId),
    accounts,
    hasFiles: settings.hypervisor === 'libvirt',
  });
  const agentVersion = versionText();
  const closeStore = (): void => lane.close();
  return {
    paths,
    settings,
    bootId,
    agentVersion,
    nowMs,
    wallTime,
    journal,
    tell,
    log,
    hypervisor,
    definitions,
    accounts,
    closeStore,
  };
}
