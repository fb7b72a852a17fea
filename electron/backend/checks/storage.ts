import type { HostFacts } from '../facts/facts.ts';
import { asyncExports, findStores } from '../storage/find.ts';
import { type Check, pass, warn } from './check.ts';

/** What can be seen of storage without writing to it: the proof comes with the choice of the store. Pure. */
export function storageChecks(all: readonly HostFacts[]): Check[] {
  return [common(all), ...all.flatMap(exports)];
}

function common(all: readonly HostFacts[]): Check {
  const base = {
    id: 'storage.common',
    group: 'storage' as const,
    host: null,
    title: 'The hosts have storage in common',
  };
  const [best, ...others] = findStores(all);
  if (best === undefined) {
    return warn(base, 'no mount, pool or LUN that all of them have', {
      code: 'store.none-common',
      message: 'The hosts have no storage in common that can be seen.',
      meaning: 'A VM can only be taken over when its disks are where the other host can reach them.',
      fix: 'Mount the same NFS, GFS2, OCFS2, GlusterFS or CephFS at the same path on all of them, or connect one LUN to all.',
    });
  }
  const fine = [best, ...others].filter((store) => store.problems.length === 0);
  const evidence = (fine.length === 0 ? [best] : fine)
    .map(({ path, fileSystem }) => `${path} (${fileSystem})`)
    .slice(0, 4)
    .join(', ');
  const [problem] = best.problems;
  return fine.length > 0 || problem === undefined ? pass(base, evidence) : warn(base, evidence, problem);
}

function exports(facts: HostFacts): Check[] {
  if (facts.exports.length === 0) return [];
  const base = {
    id: 'storage.exports',
    group: 'storage' as const,
    host: facts.name,
    title: 'What the host exports keeps acknowledged writes',
  };
  const [problem] = asyncExports([facts]);
  return [
    problem === undefined
      ? pass(base, `${facts.exports.length} exported, none with async`)
      : warn(base, 'exported with async', problem),
  ];
}
