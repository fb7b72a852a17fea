import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { Picture } from '../protocol/picture.ts';
import { DrillReport } from '../protocol/drill.ts';
import { MAX_VMS } from '../protocol/ids.ts';

const Kept = z.strictObject({ report: DrillReport, picture: z.nullable(Picture) });

/** /var/lib/understudy/drills: the last drill of each VM on this host, one file a VM, with its picture. */
export class DrillReports {
  readonly #folder: string;
  readonly #reports = new Map<string, DrillReport>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** A file that is damaged counts as not there. */
  static async open(libDir: string): Promise<DrillReports> {
    const reports = new DrillReports(join(libDir, 'drills'));
    await mkdir(reports.#folder, { recursive: true, mode: 0o700 });
    const names = (await readdir(reports.#folder)).filter((name) => name.endsWith('.json')).slice(0, MAX_VMS);
    for (const name of names) {
      const kept = await readKept(join(reports.#folder, name));
      if (kept !== null) reports.#reports.set(kept.report.vm, kept.report);
    }
    return reports;
  }

  all(): readonly DrillReport[] {
    return [...this.#reports.values()];
  }

  async picture(vm: string): Promise<Picture | null> {
    return this.#reports.get(vm)?.hasPicture === true
      ? ((await readKept(this.#path(vm)))?.picture ?? null)
      : null;
  }

  /** `wanted`: VMs whose reports are kept; those of others go, so that there are never more than VMs. */
  async keep(report: DrillReport, picture: Picture | null, wanted: ReadonlySet<string>): Promise<void> {
    for (const vm of this.#reports.keys()) {
      if (wanted.has(vm)) continue;
      this.#reports.delete(vm);
      await rm(this.#path(vm), { force: true });
    }
    this.#reports.set(report.vm, report);
    const path = this.#path(report.vm);
    await writeFile(`${path}.new`, JSON.stringify({ report, picture }), { mode: 0o600, flush: true });
    await rename(`${path}.new`, path);
  }

  #path(vm: string): string {
    return join(this.#folder, `${vm}.json`);
  }
}

async function readKept(path: string): Promise<z.infer<typeof Kept> | null> {
  try {
    const parsed = Kept.safeParse(JSON.parse(await readFile(path, 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
