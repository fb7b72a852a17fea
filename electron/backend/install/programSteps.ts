import { createHash } from 'node:crypto';
import { type Readable, Transform } from 'node:stream';
import { fail } from '../failures.ts';
import { type HostSession, runChecked } from '../ssh/session.ts';
import { upload } from '../ssh/upload.ts';
import type { Bundle, BundleFile } from './bundle.ts';
import { holds, type Step, scriptStep } from './step.ts';

export const HOME = '/opt/understudy';

export interface TextFile {
  readonly path: string;
  readonly mode: number;
  readonly text: string;
}

/** Most updates bring the same Node: files are never changed in place, so that versions may share one by a hard link. */
const reuse = `name=$(basename -- "$2")
for other in "$1"/*/"$name"; do
  [ -f "$other" ] && [ ! -L "$(dirname -- "$other")" ] && [ "$other" != "$2" ] || continue
  found=$(sha256sum <"$other") || continue
  [ "\${found%% *}" = "$3" ] || continue
  mkdir -p -- "$(dirname -- "$2")" && ln -f -- "$other" "$2.new" && mv -f -- "$2.new" "$2" && return 0
done
return 1`;

/** The Node executable and the agent's script, below the version's own folder. Undone with the folders. */
export function bundleStep(bundle: Bundle, file: BundleFile): Step {
  const path = `${HOME}/${bundle.version}/${file.name}`;
  return {
    id: `upload-${file.name}`,
    title: `the upload of ${file.name}`,
    changes: [`${path} (${Math.ceil(file.sizeBytes / 1_048_576)} MiB)`],
    done: (session) => sameFiles(session, [{ path, mode: file.mode, sha256: file.sha256 }]),
    apply: async (session, progress) => {
      if (await holds(session, 'looking for the file in another version', reuse, [HOME, path, file.sha256]))
        return;
      await upload(session, {
        path,
        mode: file.mode,
        sha256: file.sha256,
        packing: 'gzip',
        content: counted(file, progress),
      });
    },
    undo: async () => undefined,
  };
}

/** The compressed content. A file that can't be read ends the stream with that error instead of leaving it open. */
function counted(file: BundleFile, progress: (text: string) => void): Readable {
  const source = file.open();
  const through = counter(file.compressedBytes, progress);
  source.once('error', (fault) => through.destroy(fault));
  return source.pipe(through);
}

/** Tells how far an upload is, at every tenth of it. */
function counter(totalBytes: number, progress: (text: string) => void): Transform {
  let sentBytes = 0;
  let told = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sentBytes += chunk.length;
      const tenth = Math.floor((sentBytes / totalBytes) * 10);
      if (tenth > told) {
        told = tenth;
        progress(`${tenth * 10} %`);
      }
      done(null, chunk);
    },
  });
}

/** Small text files, sent together. */
export function textFilesStep(id: string, title: string, files: readonly TextFile[], undo: string): Step {
  const wanted = files.map((file) => ({ ...file, sha256: sha256(file.text) }));
  return {
    id,
    title,
    changes: files.map((file) => file.path),
    done: (session) => sameFiles(session, wanted),
    apply: async (session) => {
      for (const file of wanted) {
        await upload(session, { ...file, packing: 'none', content: file.text });
      }
    },
    undo: async (session) => {
      await scriptStep({
        id,
        title,
        changes: [],
        args: files.map((file) => file.path),
        done: '',
        apply: '',
        undo,
      }).undo(session);
    },
  };
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function sameFiles(
  session: HostSession,
  files: readonly { readonly path: string; readonly mode: number; readonly sha256: string }[],
): Promise<boolean> {
  const args = files.flatMap((file) => [file.path, file.mode.toString(8), file.sha256]);
  const script = `while [ $# -ge 3 ]; do
  [ -f "$1" ] && [ "$(stat -c %a -- "$1")" = "$2" ] || return 1
  found=$(sha256sum <"$1") || return 1
  [ "\${found%% *}" = "$3" ] || return 1
  shift 3
done`;
  return holds(session, 'comparing files', script, args);
}

/** The link by which everything finds the present version; its swap is the upgrade and the way back. */
export function currentStep(version: string): Step {
  return scriptStep({
    id: 'current',
    title: `version ${version} becomes current`,
    changes: [`${HOME}/current -> ${version}`],
    args: [HOME, version],
    done: '[ "$(readlink "$1/current")" = "$2" ]',
    apply: 'ln -sfn -- "$2" "$1/.current.new"\nmv -fT -- "$1/.current.new" "$1/current"',
    undo: 'rm -f -- "$1/current"',
  });
}

/** In the folder of a version that has not passed its own check: it was never in service, and nobody goes back to it. */
export const UNPROVEN = '.unproven';

/** The youngest whole version on the host that is not the current one. Throws a FailureError when there is none. */
export async function previousVersion(session: HostSession): Promise<string> {
  const script = `cd "$1" 2>/dev/null || exit 0
current=$(readlink current) || exit 0
ls -t | grep -vx -e current -e "$current" | while IFS= read -r each; do
  if [ -x "$each/node" ] && [ -f "$each/agent.cjs" ] && [ -x "$each/understudy-keeper" ] && [ ! -e "$each/${UNPROVEN}" ]; then
    echo "$each"
    break
  fi
done`;
  const run = { what: 'looking for the previous version', script, args: [HOME] };
  const found = (await runChecked(session, run, 'install.look-failed')).trim();
  if (/^[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$/.test(found)) return found;
  throw fail({
    code: 'install.no-previous-version',
    message: `There is no earlier version of the agent on ${session.hostName}.`,
    fix: 'Install the wanted version with the app that brings it.',
  });
}

/** Old versions but the one before this stay for nobody: about 130 MiB each. */
export function oldVersionsStep(version: string): Step {
  const others = `cd "$1" 2>/dev/null || return 0
  ls -t | grep -vx -e current -e "$2" | tail -n +2`;
  return scriptStep({
    id: 'old-versions',
    title: 'versions before the last one are removed',
    changes: [`all but two folders in ${HOME}`],
    args: [HOME, version],
    done: `old=$(list() { ${others}; }; list "$@"); [ -z "$old" ]`,
    apply: `list() { ${others}; }
list "$@" | while IFS= read -r old; do rm -rf -- "$1/$old"; done`,
    undo: ':',
  });
}

/**
 * Processes that run on go over to the present version: the agent is restarted; the keeper's child is killed and started
 * again by its wrapper, which keeps the watchdog, and goes on from its run file. VMs are not touched.
 */
export function runningVersionStep(keeperUnit: string, agentUnit: string): Step {
  const looks = `uses_current() {
  pid=$(systemctl show -p MainPID --value "$1")
  [ "\${pid:-0}" != 0 ] || return 0
  child=$(cat "/proc/$pid/task/$pid/children" 2>/dev/null)
  for each in $pid $child; do
    case "$(readlink "/proc/$each/exe")" in
      /opt/understudy/*) [ "$(readlink "/proc/$each/exe")" = "$(readlink -f ${HOME}/current)/node" ] || return 1 ;;
    esac
  done
}`;
  return scriptStep({
    id: 'running-version',
    title: 'running services use this version',
    changes: ['restart of the agent and the keeper if they run; VMs are not touched'],
    args: [keeperUnit, agentUnit],
    done: `${looks}\nuses_current "$1" && uses_current "$2"`,
    apply: `${looks}
if ! uses_current "$1"; then
  for each in $child; do kill -KILL "$each" 2>/dev/null || true; done
fi
uses_current "$2" || systemctl restart "$2"
for try in 1 2 3 4 5 6 7 8 9 10; do uses_current "$1" && break; sleep 0.5; done`,
    undo: ':',
  });
}

/** systemd has to read the unit files, and starts the services at boot once the host belongs to a group. */
export function enableStep(units: readonly string[]): Step {
  return scriptStep({
    id: 'enable',
    title: 'the services start with the host',
    changes: units.map((unit) => `enable ${unit}`),
    args: units,
    done: `for unit; do
  [ "$(systemctl is-enabled "$unit" 2>/dev/null)" = enabled ] || return 1
  [ "$(systemctl show -p NeedDaemonReload --value "$unit")" = no ] || return 1
done`,
    apply: 'systemctl daemon-reload\nsystemctl enable -- "$@" 2>&1',
    undo: 'systemctl disable -- "$@" >/dev/null 2>&1 || true',
  });
}

/**
 * systemd runs the ExecStop of an active unit only, and enabling starts nothing: without this step a host that was
 * updated would be shut down under its VMs until it has been booted once.
 */
export function stepDownStep(keeperUnit: string, stepDownUnit: string): Step {
  return scriptStep({
    id: 'step-down',
    title: 'a shutdown waits until the VMs are away',
    changes: [`start of ${stepDownUnit} if the host works in a group`],
    args: [keeperUnit, stepDownUnit],
    done: 'systemctl is-active --quiet "$1" || return 0\nsystemctl is-active --quiet "$2"',
    apply: 'systemctl start -- "$2" 2>&1',
    undo: 'systemctl stop -- "$2" >/dev/null 2>&1 || true',
  });
}

export const removeUnits =
  'rm -f -- "$@"\nsystemctl daemon-reload\nsystemctl reset-failed >/dev/null 2>&1 || true';
