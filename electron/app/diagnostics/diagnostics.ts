import { randomUUID } from 'node:crypto';
import { FailureError, type Failure } from '../../../agent/protocol/failure.ts';
import { asFailure } from '../../backend/failures.ts';
import type { DiagnosticsPreview, SavedFile } from '../../ipc/daily/views.ts';
import { saveDownload } from '../downloads.ts';
import { REDACTED_KINDS, Redactor } from './redact.ts';
import { zip } from './zip.ts';

/** A file longer than this is cut: a status of 64 VMs, or 500 events, is below. */
const MAX_FILE_BYTES = 1_048_576;
/** Files in one report: eight hosts with a few each. */
const MAX_FILES = 40;
/** Shown of each file before it is saved. */
const PREVIEW_CHARACTERS = 16_384;
/** What was previewed is kept so long for saving; it holds what people might not want lying about. */
const KEPT_MS = 600_000;

/** A file of the report, made when asked. */
export interface Part {
  readonly name: string;
  /** Rejects with the reason why it can't be had. */
  readonly read: () => Promise<string>;
}

interface Prepared {
  readonly id: string;
  readonly atMs: number;
  readonly files: readonly { readonly name: string; readonly text: string }[];
}

/** A report for support: gathered, redacted, looked at, and only then saved, exactly as it was shown. */
export class Diagnostics {
  readonly #nowMs: () => number;
  #prepared: Prepared | null = null;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  async preview(parts: readonly Part[]): Promise<DiagnosticsPreview> {
    const redactor = new Redactor();
    const missing: { name: string; failure: Failure }[] = [];
    const read = await Promise.allSettled(parts.slice(0, MAX_FILES).map((part) => part.read()));
    const files = read.flatMap((result, index) => {
      const name = parts[index]?.name ?? 'file.txt';
      if (result.status === 'rejected') {
        missing.push({ name, failure: asFailure(result.reason) });
        return [];
      }
      const { text, count } = redactor.redact(cut(result.value));
      return [{ name, text, redactions: count }];
    });
    const prepared = { id: randomUUID(), atMs: this.#nowMs(), files };
    this.#prepared = prepared;
    const shown = files.map(({ name, text, redactions }) => ({
      name,
      bytes: Buffer.byteLength(text),
      preview: text.slice(0, PREVIEW_CHARACTERS),
      isWhole: text.length <= PREVIEW_CHARACTERS,
      redactions,
    }));
    const bytes = shown.reduce((sum, file) => sum + file.bytes, 0);
    return { id: prepared.id, files: shown, bytes, missing, redactedKinds: REDACTED_KINDS };
  }

  /** Saves what `preview` showed. Throws a FailureError when it is gone, or can't be written. */
  save(id: string, day: string, folder?: string): SavedFile {
    const prepared = this.#prepared;
    if (prepared?.id !== id || this.#nowMs() - prepared.atMs > KEPT_MS) {
      throw new FailureError({
        code: 'app.preview-gone',
        message: 'What was shown is not kept any more.',
        fix: 'Look at the report again, then save it.',
        field: 'id',
      });
    }
    const archive = zip(prepared.files.map(({ name, text }) => ({ name, data: Buffer.from(text) })));
    return saveDownload(`understudy-diagnostics-${day}.zip`, archive, folder);
  }
}

/** Cut before it is redacted: a secret that begins in what is left is taken out whole, one beyond is not there. */
const cut = (text: string): string =>
  text.length <= MAX_FILE_BYTES ? text : `${text.slice(0, MAX_FILE_BYTES)}\n(cut here)\n`;
