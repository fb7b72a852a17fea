import { decodeAreaHeader } from '../core/area.ts';
import { type Paths, pathsFromArguments, rootArguments } from '../paths.ts';
import type { HostSettings } from '../protocol/group.ts';
import type { HeaderCheck } from './areaFile.ts';
import { ProcFs } from './procfs.ts';
import { serveStoreIo } from './storeIoChild.ts';

/** Says why a header is not the one of the configured area; a copy that can be read is enough. */
export function headerCheck(areaId: string, groupId: string): HeaderCheck {
  return (first, second) => {
    let reason = 'it has no header';
    for (const block of [first, second]) {
      const header = decodeAreaHeader(block);
      if (header.kind === 'record') {
        if (header.value.areaId === areaId && header.value.groupId === groupId) return null;
        reason = `it is the area ${header.value.areaId} of group ${header.value.groupId}`;
      } else if (header.kind === 'newer') reason = `its layout ${header.version} is newer than this agent`;
      else if (header.kind === 'unreadable') reason = `its header can not be read: ${header.reason}`;
    }
    return `not this group's lease area, nothing is written to it: ${reason}`;
  };
}

/** The command line of a store-io child. `self` is the program and script that dispatches by role. */
export function storeIoCommand(
  self: readonly string[],
  paths: Paths,
  settings: HostSettings,
  lane: string,
): readonly string[] {
  const { areaPath, areaId, groupId } = settings;
  const options = ['--lane', lane, '--keeper', String(process.pid), '--area', areaPath];
  const ids = ['--area-id', areaId, '--group-id', groupId];
  const mode = settings.hypervisor === 'demo' ? ['--buffered'] : [];
  return [...self, 'store-io', ...rootArguments(paths), ...options, ...ids, ...mode];
}

/** Role `store-io`: see `serveStoreIo`. Resolves with the exit status when its parent is gone or sends it home. */
export async function storeIoMain(argv: readonly string[]): Promise<number> {
  const value = (name: string): string => {
    const found = argv[argv.indexOf(name) + 1];
    if (!argv.includes(name) || found === undefined) throw new Error(`store-io needs ${name}`);
    return found;
  };
  serveStoreIo({
    areaPath: value('--area'),
    buffered: argv.includes('--buffered'),
    checkHeader: headerCheck(value('--area-id'), value('--group-id')),
    ioDir: pathsFromArguments(argv).ioDir,
    keeperPid: Number(value('--keeper')),
    self: { pid: process.pid, startTicks: new ProcFs().stat(process.pid)?.startTicks ?? 0 },
  });
  return await Promise.resolve(0);
}
