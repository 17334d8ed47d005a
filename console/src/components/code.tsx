import { t } from '../texts';
import { IconButton } from './button';
import { say } from './toasts';

/** Text of a machine, to be taken along. */
export function Code({ children, label }: { children: string; label: string }) {
  const copy = () =>
    navigator.clipboard.writeText(children).then(
      () => say(t().states.copied),
      () => say(t().states.notCopied, 'bad'),
    );
  return (
    <div class="code">
      <pre tabIndex={0} role="region" aria-label={label}><code>{children}</code></pre>
      <IconButton icon="copy" label={`${t().states.copy}: ${label}`} onPress={() => void copy()} />
    </div>
  );
}

/** A value as JSON, for whoever wants all of it. */
export function Json({ value, label }: { value: unknown; label: string }) {
  return <Code label={label}>{JSON.stringify(value, null, 2)}</Code>;
}
