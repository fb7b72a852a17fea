/**
 * Small changes to a definition as text, so that all the rest of it stays as libvirt wrote it. libvirt checks the result
 * against its schema when it is defined. null: the place was not found, or is not what it should be.
 */

const attributeOf = (tag: string, name: string): string | null =>
  new RegExp(`\\b${name}=(?:'([^']*)'|"([^"]*)")`)
    .exec(tag)
    ?.slice(1)
    .find((value) => value !== undefined) ?? null;

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const plain = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => ENTITIES[name] ?? '');
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll("'", '&apos;');

function diskOf(xml: string, target: string): RegExpMatchArray | undefined {
  return [...xml.matchAll(/<disk\b[^>]*>[\s\S]*?<\/disk>/g)].find(([text]) => {
    const tag = /<target\b[^>]*>/.exec(text)?.[0];
    return tag !== undefined && attributeOf(tag, 'dev') === target;
  });
}

/** The image format of the disk with this target; what names none is raw to libvirt. */
export function diskFormat(xml: string, target: string): string | null {
  const disk = diskOf(xml, target)?.[0];
  if (disk === undefined) return null;
  const driver = /<driver\b[^>]*?\/?>/.exec(disk)?.[0] ?? '';
  return attributeOf(driver, 'type') ?? 'raw';
}

/** Puts another file in the place of `from`. The copy stands alone: a chain of backing files is not named any more. */
export function withDiskSource(xml: string, target: string, from: string, to: string): string | null {
  const disk = diskOf(xml, target);
  if (disk === undefined) return null;
  const alone = disk[0].replace(/\s*<backingStore\b[^>]*(?:\/>|>[\s\S]*<\/backingStore>)/, '');
  const source = /<source\b[^>]*>/.exec(alone)?.[0];
  const file = source === undefined ? null : attributeOf(source, 'file');
  if (source === undefined || file === null || plain(file) !== from) return null;
  const edited = alone.replace(source, () =>
    source.replace(/\bfile=(?:'[^']*'|"[^"]*")/, () => `file='${escaped(to)}'`),
  );
  return xml.slice(0, disk.index) + edited + xml.slice((disk.index ?? 0) + disk[0].length);
}

/** Sets an attribute of the <driver> of the disk with this target. */
export function withDiskDriver(
  xml: string,
  target: string,
  attribute: 'cache' | 'io',
  value: string,
): string | null {
  const disk = diskOf(xml, target);
  if (disk === undefined) return null;
  const [text] = disk;
  const driver = /<driver\b[^>]*?\/?>/.exec(text)?.[0];
  const edited =
    driver === undefined
      ? text.replace(/^<disk\b[^>]*>/, (tag) => `${tag}\n      <driver ${attribute}='${value}'/>`)
      : text.replace(driver, () => withAttribute(driver, attribute, value));
  return xml.slice(0, disk.index) + edited + xml.slice((disk.index ?? 0) + text.length);
}

function withAttribute(tag: string, name: string, value: string): string {
  const without = tag.replace(new RegExp(`\\s${name}=(?:'[^']*'|"[^"]*")`), '');
  return without.replace(/\s*(\/?)>$/, (_, slash: string) => ` ${name}='${value}'${slash}>`);
}

/** Puts another <cpu> in the place of the present one. `cpu` is libvirt's own answer to a baseline. */
export function withCpu(xml: string, cpu: string): string | null {
  const found = /<cpu\b[^>]*?(?:\/>|>[\s\S]*?<\/cpu>)/.exec(cpu)?.[0];
  if (found === undefined || /<cpu\b/.test(found.slice(4))) return null;
  const present = /<cpu\b[^>]*?(?:\/>|>[\s\S]*?<\/cpu>)/.exec(xml);
  if (present === null) return null;
  const topology = /<topology\b[^>]*\/>/.exec(present[0])?.[0];
  const kept =
    topology === undefined || found.endsWith('/>')
      ? found
      : found.replace('</cpu>', `  ${topology}\n  </cpu>`);
  return xml.slice(0, present.index) + kept + xml.slice(present.index + present[0].length);
}
