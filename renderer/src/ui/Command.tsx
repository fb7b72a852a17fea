import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from './Button.tsx';

/** How long "Copied" stays. */
const SAID_MS = 2_000;

/** A command to be typed on a host, with a button that copies it. */
export function Command({ text }: { readonly text: string }) {
  const [said, setSaid] = useState<'copied' | 'refused' | null>(null);
  useEffect(() => {
    if (said === null) return undefined;
    const timer = setTimeout(() => setSaid(null), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid('copied');
    } catch {
      setSaid('refused');
    }
  };
  return (
    <div className="command">
      <code>{text}</code>
      <Button look="quiet" onPress={() => void copy()} label={`Copy the command ${text}`}>
        {said === 'copied' ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
        {said === 'copied' ? 'Copied' : said === 'refused' ? 'Copy by hand' : 'Copy'}
      </Button>
    </div>
  );
}
