import { scriptStep, type Step } from './step.ts';
import { NOTES } from './hostSteps.ts';
import { type TextFile, sha256, textFilesStep } from './programSteps.ts';

const HOOKS = '/etc/libvirt/hooks';

/** libvirt 6.5 and newer run every script in a folder: nothing of the user's is touched. */
export function folderHookStep(hook: string): Step {
  const file: TextFile = { path: `${HOOKS}/qemu.d/understudy`, mode: 0o755, text: hook };
  return textFilesStep('hook', 'the libvirt hook that guards starts', [file], 'rm -f -- "$1"');
}

/** Some distributions ship these folders empty: only those that the installer made are taken away again. */
export function hookFoldersStep(folders: readonly string[]): Step {
  return scriptStep({
    id: 'hook-folders',
    title: "the folders of libvirt's hooks",
    changes: folders,
    args: folders,
    done: 'for folder; do [ -d "$folder" ] || return 1; done',
    apply: `mkdir -p ${NOTES}
for folder; do
  [ -d "$folder" ] && continue
  printf '%s\\n' "$folder" >>${NOTES}/hook-folders
  mkdir -- "$folder"
done`,
    undo: `if [ -e ${NOTES}/hook-folders ]; then
  sort -r ${NOTES}/hook-folders | while IFS= read -r folder; do rmdir -- "$folder" 2>/dev/null || true; done
  rm -f ${NOTES}/hook-folders
fi`,
  });
}

/** The folders that the hook's file needs, the outer first. */
export const hookFolders: readonly string[] = [HOOKS, `${HOOKS}/qemu.d`];

/** Older libvirt knows one script: the user's own, if there is one, moves aside and is called by ours. */
export function chainedHookStep(chain: string, originalPath: string): Step {
  const path = `${HOOKS}/qemu`;
  return scriptStep({
    id: 'hook',
    title: 'the libvirt hook that guards starts',
    changes: [path, `${originalPath} (your own hook, if there is one; it is still called)`],
    args: [path, originalPath, chain, sha256(chain)],
    done: 'found=$(sha256sum <"$1" 2>/dev/null) || return 1\n[ "${found%% *}" = "$4" ] && [ -x "$1" ]',
    // The original is moved only once: a second run must never take our own hook for the user's.
    apply: `if [ -e "$1" ] && [ ! -e "$2" ] && ! grep -q understudy "$1"; then mv -- "$1" "$2"; fi
printf '%s' "$3" >"$1.new"
chmod 0755 -- "$1.new"
mv -f -- "$1.new" "$1"`,
    undo: `if [ -e "$1" ] && grep -q understudy "$1"; then rm -f -- "$1"; fi
if [ -e "$2" ]; then mv -- "$2" "$1"; fi`,
  });
}

/**
 * libvirt looks for hooks only when its daemon starts. Restarting it leaves every VM running. Known to be loaded when
 * the daemon is younger than the hook, or is the very process that we restarted after writing it.
 */
export function hookLoadedStep(hookPath: string): Step {
  const stamp = '/run/understudy-hook-loaded';
  const daemon = `main=0
for unit in virtqemud.service libvirtd.service; do
  pid=$(systemctl show -p MainPID --value "$unit" 2>/dev/null || echo 0)
  if [ "\${pid:-0}" != 0 ]; then main=$pid; service=$unit; break; fi
done`;
  return scriptStep({
    id: 'hook-loaded',
    title: 'libvirt knows the hook',
    changes: ['restart of the libvirt daemon; running VMs are not touched'],
    args: [hookPath, stamp],
    done: `${daemon}
[ "$main" != 0 ] || return 0
[ -e "$1" ] || return 1
[ "$(cat "$2" 2>/dev/null)" = "$main $(stat -c %Z -- "$1")" ] && return 0
ticks=$(sed 's/.*) //' "/proc/$main/stat" | awk '{ print $20 }')
boot=$(sed -n 's/^btime //p' /proc/stat)
[ $((boot + ticks / $(getconf CLK_TCK))) -gt $(($(stat -c %Z -- "$1") + 1)) ]`,
    apply: `${daemon}
[ "$main" != 0 ] || exit 0
systemctl restart "$service"
${daemon}
printf '%s %s' "$main" "$(stat -c %Z -- "$1")" >"$2"`,
    undo: 'rm -f -- "$2"',
  });
}
