import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { pathsUnder } from '../paths.ts';
import { Uuid, VmName } from '../protocol/ids.ts';

/** A VM of the demo group: its "XML" is this object as JSON. */
export const DemoDefinition = z.strictObject({
  name: VmName,
  vm: Uuid,
  memoryMiB: z.int().check(z.gte(1), z.lte(1_048_576)),
});
export type DemoDefinition = z.infer<typeof DemoDefinition>;

/** Demo VMs of one host; more would not run on one machine anyway. */
const MAX_DEMO_VMS = 32;

const folder = (root: string): string => join(pathsUnder(root).libDir, 'demo-vms');
const file = (root: string, vm: string): string => join(folder(root), `${vm}.json`);

/** Defines a VM on the demo host with this root, or defines it anew. */
export async function writeDemoVm(root: string, definition: DemoDefinition): Promise<void> {
  const checked = DemoDefinition.parse(definition);
  await mkdir(folder(root), { recursive: true });
  const path = file(root, checked.vm);
  await writeFile(`${path}.new`, `${JSON.stringify(checked)}\n`);
  await rename(`${path}.new`, path);
}

export async function readDemoVms(root: string): Promise<readonly DemoDefinition[]> {
  const names = await readdir(folder(root)).catch(() => []);
  const found: DemoDefinition[] = [];
  for (const name of names.filter((one) => one.endsWith('.json')).slice(0, MAX_DEMO_VMS)) {
    const parsed = DemoDefinition.safeParse(await readJson(join(folder(root), name)));
    if (parsed.success) found.push(parsed.data);
  }
  return found;
}

export async function removeDemoVm(root: string, vm: string): Promise<void> {
  await rm(file(root, vm), { force: true });
}

async function readJson(path: string): Promise<unknown> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return value;
  } catch {
    return null;
  }
}
