import { scriptStep, type Step } from './step.ts';

/** Whose members may open the control socket, and by it run programs as root in the guests; root always may. */
export const GROUP = 'understudy';
/** Notes of what the installer itself changed, so that undoing touches nothing that was there before. */
export const NOTES = '/var/lib/understudy/install';

const makeNotes = `mkdir -p -m 0755 ${NOTES}\n`;

export function groupStep(): Step {
  return scriptStep({
    id: 'group',
    title: `the group ${GROUP}`,
    changes: [`the system group ${GROUP}`],
    args: [GROUP],
    done: 'getent group "$1" >/dev/null',
    // The note comes first: a cut between the two leaves a note without a group, which undoes nothing.
    apply: `${makeNotes}touch ${NOTES}/group\ngroupadd -r "$1"`,
    undo: `if [ -e ${NOTES}/group ]; then if getent group "$1" >/dev/null; then groupdel "$1"; fi; rm -f ${NOTES}/group; fi`,
  });
}

/** Lets the console's user open the control socket without root. Not needed for root. */
export function memberStep(user: string): Step {
  return scriptStep({
    id: 'member',
    title: `${user} may use the control socket`,
    changes: [`${user} joins the group ${GROUP}, whose members may do everything with the protected VMs`],
    args: [user, GROUP],
    done: 'id -nG -- "$1" | tr " " "\\n" | grep -qx "$2"',
    apply: `${makeNotes}printf '%s\\n' "$1" >${NOTES}/member\nusermod -a -G "$2" -- "$1"`,
    undo: `if [ -e ${NOTES}/member ]; then gpasswd -d "$(cat ${NOTES}/member)" "$2" >/dev/null 2>&1 || true; rm -f ${NOTES}/member; fi`,
  });
}

export interface Folder {
  readonly path: string;
  readonly mode: number;
}

export function foldersStep(folders: readonly Folder[]): Step {
  const pairs = folders.flatMap(({ path, mode }) => [path, mode.toString(8).padStart(4, '0')]);
  return scriptStep({
    id: 'folders',
    title: 'the folders',
    changes: folders.map(({ path }) => path),
    args: pairs,
    done: 'while [ $# -ge 2 ]; do [ -d "$1" ] && [ "$(stat -c %04a -- "$1")" = "$2" ] || return 1; shift 2; done',
    apply: 'while [ $# -ge 2 ]; do mkdir -p -- "$1"; chmod "$2" -- "$1"; shift 2; done',
    // Undone last: the notes of the other steps lie below one of them.
    undo: 'rm -rf /run/understudy /var/lib/understudy /etc/understudy /opt/understudy',
  });
}

/** A protected host must not fall asleep: its clocks would go on and its lease would not. */
export function sleepStep(targets: readonly string[]): Step {
  return scriptStep({
    id: 'sleep',
    title: 'the host does not go to sleep',
    changes: targets.map((target) => `mask ${target}`),
    args: targets,
    done: 'for target; do [ "$(systemctl is-enabled "$target" 2>/dev/null)" = masked ] || return 1; done',
    apply: `${makeNotes}for target; do
  if [ "$(systemctl is-enabled "$target" 2>/dev/null)" = masked ]; then continue; fi
  if ! grep -qx "$target" ${NOTES}/masked 2>/dev/null; then printf '%s\\n' "$target" >>${NOTES}/masked; fi
  systemctl mask -- "$target" 2>&1
done`,
    undo: `if [ -e ${NOTES}/masked ]; then
  while IFS= read -r target; do systemctl unmask -- "$target" 2>&1; done <${NOTES}/masked
  rm -f ${NOTES}/masked
fi`,
  });
}
