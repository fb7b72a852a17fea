import type { Readable } from 'node:stream';
import { type HostSession, runChecked } from './session.ts';

/** Slowest link worth waiting for: 50 MiB in this time is 3 Mbit/s. */
const UPLOAD_DEADLINE_MS = 150_000;

export interface Upload {
  /** Absolute path on the host. Its folder is made if it is missing. */
  readonly path: string;
  readonly mode: number;
  /** sha256 in hex of the file as it will lie on the host. */
  readonly sha256: string;
  /** `gzip`: the content is compressed and unpacked on the host. */
  readonly packing: 'none' | 'gzip';
  readonly content: string | Buffer | Readable;
}

/** Checked before it takes the name: a cut or damaged transfer never shows under the final path. */
const script = `
path=$1 mode=$2 sum=$3 packing=$4
folder=$(dirname -- "$path")
umask 022
mkdir -p -- "$folder"
tmp="$folder/.$(basename -- "$path").$$.tmp"
umask 077
trap 'rm -f -- "$tmp"' EXIT
if [ "$packing" = gzip ]; then gzip -dc >"$tmp"; else cat >"$tmp"; fi
found=$(sha256sum <"$tmp")
found=\${found%% *}
if [ "$found" != "$sum" ]; then echo "the checksum of $path is $found, not $sum" >&2; exit 65; fi
chmod "$mode" -- "$tmp"
sync -d -- "$tmp" 2>/dev/null || sync
mv -f -- "$tmp" "$path"
trap - EXIT
`;

/** Puts one file on a host as root: temporary name, checksum verified on the host, then renamed. */
export async function upload(session: HostSession, file: Upload): Promise<void> {
  await runChecked(
    session,
    {
      what: `the upload of ${file.path}`,
      script,
      args: [file.path, file.mode.toString(8).padStart(4, '0'), file.sha256, file.packing],
      stdin: file.content,
      deadlineMs: UPLOAD_DEADLINE_MS,
    },
    'install.upload-failed',
  );
}
