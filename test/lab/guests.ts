import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { guestDisk, guestName, guestXml, type GuestOptions } from './guestXml.ts';
import { guestAddress, lunFile, lunPath, storePath, storeSource } from './layout.ts';
import type { LabHost } from './lab.ts';
import { LabError, waitFor } from './run.ts';
import { storeFiles } from './store.ts';

/** 32,768 records: at ten a second the witness's ring holds 54 minutes. */
const diskBytes = 16 * 1024 * 1024;
/** A guest answers 3 to 6 s after its start on an idle machine with two cores. */
const bootDeadlineMs = 90_000;
/** The witness answers in milliseconds, or its guest is not running. */
const answerDeadlineMs = 1_000;
const maxAnswerBytes = 4_096;

/** What the witness inside a guest says of itself. */
export interface GuestState {
  readonly vm: string;
  /** The guest kernel's boot id: a new one for every start. */
  readonly boot: string;
  /** The host on which this boot was started. */
  readonly host: string;
  readonly seq: number;
  readonly lastWriteAgeMs: number;
  readonly longestGapMs: number;
  readonly conflicts: number;
  readonly errors: number;
  readonly uptimeMs: number;
}

/** A path on the shared directory, as this machine sees it without any host's faults. */
function onThisMachine(path: string): string {
  if (path === lunPath) return join(storeSource, lunFile);
  if (path.startsWith(`${storePath}/`)) return join(storeFiles, path.slice(storePath.length + 1));
  throw new LabError('not-shared', `${path} does not lie on the shared directory.`);
}

/** The guest's disk file as this machine reads it; for the oracle it has to be raw, see `readGuestDisk`. */
export function guestDiskFile(options: GuestOptions): string {
  return onThisMachine(guestDisk(options));
}

/** The content of the guest's disk, whatever its format. A host that is up has to be given for qcow2. */
export async function readGuestDisk(host: LabHost, options: GuestOptions): Promise<Buffer> {
  if (options.format !== 'qcow2') return readFileSync(guestDiskFile(options));
  const copy = `${guestDisk(options)}.raw`;
  await host.must(`qemu-img convert -U -O raw '${guestDisk(options)}' '${copy}'`);
  const content = readFileSync(onThisMachine(copy));
  rmSync(onThisMachine(copy));
  return content;
}

async function makeGuestDisk(host: LabHost, options: GuestOptions): Promise<void> {
  const file = guestDiskFile(options);
  if (existsSync(file)) return;
  if (options.format === 'qcow2') {
    await host.must(`qemu-img create -q -f qcow2 '${guestDisk(options)}' ${diskBytes}`);
    return;
  }
  writeFileSync(file, '');
  truncateSync(file, diskBytes);
}

/** Creates the guest's disk on the shared directory, unless it is there, and defines the guest on a host. */
export async function defineGuest(host: LabHost, options: GuestOptions): Promise<void> {
  if (options.disk === undefined) await makeGuestDisk(host, options);
  // Standard input is a socket here, which virsh can't open by name.
  const file = `/run/lab-${guestName(options)}.xml`;
  await host.must(`cat > '${file}' && virsh -q define '${file}'`, { input: guestXml(options) });
}

/** Defines and starts a guest on a host, and waits until its witness has written. */
export async function startGuest(host: LabHost, options: GuestOptions): Promise<GuestState> {
  await defineGuest(host, options);
  await host.must(`virsh -q start '${guestName(options)}'`);
  return waitForGuest(options.number);
}

/** Asks a guest's witness for `path`; null when it does not answer in time. */
export async function askGuest(number: number, path = '/'): Promise<GuestState | null> {
  const { promise, resolve } = Promise.withResolvers<GuestState | null>();
  const signal = AbortSignal.timeout(answerDeadlineMs);
  const call = request({ host: guestAddress(number), port: 80, path, signal, agent: false }, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk;
      if (text.length > maxAnswerBytes) response.destroy();
    });
    response.on('end', () => resolve(response.statusCode === 200 ? (JSON.parse(text) as GuestState) : null));
    response.on('error', () => resolve(null));
    response.on('close', () => resolve(null));
  });
  call.on('error', () => resolve(null));
  call.end();
  return promise;
}

/**
 * Waits until a guest answers and has written, on a boot other than `notBoot`, and on `host` if one is given.
 * @throws LabError `timed-out`
 */
export async function waitForGuest(
  number: number,
  expected: { readonly notBoot?: string; readonly host?: string; readonly deadlineMs?: number } = {},
): Promise<GuestState> {
  let state: GuestState | null = null;
  await waitFor(
    `guest ${number} to write`,
    expected.deadlineMs ?? bootDeadlineMs,
    async () => {
      state = await askGuest(number);
      if (state === null || state.lastWriteAgeMs < 0) return false;
      return state.boot !== expected.notBoot && (expected.host === undefined || state.host === expected.host);
    },
    50,
  );
  if (state === null) throw new LabError('timed-out', `Guest ${number} did not answer.`);
  return state;
}
