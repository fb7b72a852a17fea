import { closeSync, existsSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { FailureError } from '../../agent/protocol/failure.ts';
import type { SavedFile } from '../ipc/daily/views.ts';

/** Names tried when there is a file of that name already: "report (2).csv" and so on. */
const MAX_ATTEMPTS = 100;

/** The user's downloads folder as the desktop has it, else `Downloads`, else the home folder. */
export function downloadsFolder(home = homedir(), env: NodeJS.ProcessEnv = process.env): string {
  const named = userFolder(join(env['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'user-dirs.dirs'), home);
  const candidates = [...(named === null ? [] : [named]), join(home, 'Downloads')];
  return candidates.find((path) => existsSync(path) && statSync(path).isDirectory()) ?? home;
}

/** `XDG_DOWNLOAD_DIR="$HOME/Downloads"` in the file that desktops share (xdg-user-dirs). */
function userFolder(file: string, home: string): string | null {
  try {
    const line = /^XDG_DOWNLOAD_DIR="([^"\n]+)"$/m.exec(readFileSync(file, 'utf8'))?.[1];
    const path = line?.replace(/^\$HOME/, home) ?? '';
    return path.startsWith('/') ? path : null;
  } catch {
    return null;
  }
}

/**
 * Writes a new file for its owner only; a file that is there already is never touched. Throws a FailureError.
 * `name`: a plain file name with an extension.
 */
export function saveDownload(name: string, content: string | Buffer, folder = downloadsFolder()): SavedFile {
  const dot = name.lastIndexOf('.');
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const path = join(folder, attempt === 1 ? name : `${name.slice(0, dot)} (${attempt})${name.slice(dot)}`);
    const bytes = writeNew(path, Buffer.from(content));
    if (bytes !== null) return { path, bytes };
  }
  throw refused(folder, `there are ${MAX_ATTEMPTS} files of this name already`);
}

/** Null: there is such a file already. */
function writeNew(path: string, data: Buffer): number | null {
  try {
    const descriptor = openSync(path, 'wx', 0o600);
    try {
      for (let offset = 0; offset < data.length; ) offset += writeSync(descriptor, data, offset);
    } finally {
      closeSync(descriptor);
    }
    return data.length;
  } catch (fault) {
    if (fault instanceof Error && 'code' in fault && fault.code === 'EEXIST') return null;
    throw refused(path, fault instanceof Error ? fault.message : String(fault));
  }
}

const refused = (where: string, why: string): FailureError =>
  new FailureError({
    code: 'app.not-saved',
    message: `The file could not be written to ${where}: ${why}.`,
    fix: 'Make room there, or see that you may write to that folder.',
  });
