import { versionText } from '../keeper/version.ts';
import { pathsFromArguments } from '../paths.ts';
import type { SelfCheckReport } from '../protocol/selfCheck.ts';
import { readOwnFiles } from './ownFiles.ts';
import { readOwnStore } from './ownStore.ts';
import { rehearseKeeper } from './rehearsal.ts';

type Part = SelfCheckReport['parts'][number];
const NOTE_CHARS = 400;

/** Each role's code as it is loaded when the role starts: a module that throws then would throw in service. */
async function loadRoles(): Promise<void> {
  await import('../keeper/main.ts');
  await import('../keeper/planMain.ts');
  await import('../keeper/storeIoMain.ts');
  await import('../service/agentMain.ts');
  await import('../cli.ts');
}

/**
 * Role `self-check`: whether this version could take over on this very host, asked before `current` names it. It looks
 * and rehearses only: nothing of the host in service is written, and the watchdog device is not opened, which would pet
 * it. Prints one line of JSON; exit code 0: fit.
 */
export async function selfCheckMain(argv: readonly string[]): Promise<number> {
  const paths = pathsFromArguments(argv);
  const self = [process.execPath, ...process.execArgv, process.argv[1] ?? ''];
  const parts: Part[] = [];
  const look = async (part: string, work: () => Promise<string>): Promise<void> => {
    if (parts.some(({ ok }) => !ok)) return;
    try {
      parts.push({ part, ok: true, note: await work() });
    } catch (error) {
      const note = (error instanceof Error ? error.message : String(error)).slice(0, NOTE_CHARS);
      parts.push({ part, ok: false, note });
    }
  };
  await look('code', async () => {
    await loadRoles();
    return 'every role can be loaded';
  });
  await look('records', async () => {
    const settings = await readOwnFiles(paths);
    if (settings === null) return 'this host is in no group';
    await readOwnStore(paths, settings, self);
    return 'what the keeper in service has written can be read';
  });
  await look('rehearsal', async () => `a keeper renewed its lease after ${await rehearseKeeper(self)} ms`);
  const ok = parts.every((part) => part.ok);
  const report: SelfCheckReport = { selfCheck: 1, version: versionText(), ok, parts };
  process.stdout.write(`${JSON.stringify(report)}\n`);
  return ok ? 0 : 1;
}
